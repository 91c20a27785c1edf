/** What a connection needs. Granting less is possible; then `debug_token` tells what is missing. */
export const requiredScopes = [
  'pages_show_list',
  'pages_manage_metadata',
  'pages_messaging',
  'pages_read_engagement',
  'pages_read_user_content',
  'pages_manage_engagement',
  // Without it, pages managed through a business portfolio are not listed.
  'business_management',
] as const;

export interface DialogInput {
  /** Origin of the login dialog, "https://www.facebook.com". */
  dialogUrl: string;
  version: string;
  appId: string;
  /** Registered with the app, and sent byte for byte the same in the code exchange. */
  redirectUri: string;
  /** Opaque and single use; what the callback needs to know hangs on it, never on the redirect path. */
  state: string;
  /** What is asked for; or, with Facebook Login for Business, the configuration that says so. */
  asks: { scopes: readonly string[] } | { configId: string };
  /** `rerequest` asks again for declined permissions; `reauthorize` opens the page picker again. */
  authType?: AuthType;
}

export type AuthType = 'rerequest' | 'reauthorize';

/** Where the browser goes to connect pages. */
export function dialogUrl(input: DialogInput): string {
  const url = new URL(`${input.dialogUrl.replace(/\/+$/, '')}/${input.version}/dialog/oauth`);
  url.search = new URLSearchParams({
    client_id: input.appId,
    redirect_uri: input.redirectUri,
    state: input.state,
    response_type: 'code',
    // A configuration for system users answers with a code only when it is told to; others do so anyway.
    ...('configId' in input.asks
      ? { config_id: input.asks.configId, override_default_response_type: 'true' }
      : { scope: input.asks.scopes.join(',') }),
    ...(input.authType ? { auth_type: input.authType } : {}),
  }).toString();
  return url.href;
}

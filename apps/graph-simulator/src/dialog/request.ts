import type { App, LoginConfiguration } from '../app/app.ts';
import { defaultScopes } from '../people/scopes.ts';
import type { Person } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import type { Asked } from './asked.ts';

/** The configuration of Login for Business that a link names. */
export function configurationOf(state: State, asked: Asked): LoginConfiguration | undefined {
  return state.app.configurations.find(({ id }) => id === asked.config_id);
}

/** The permissions that an app asks for: those of the configuration, of the link, or the usual ones. */
export function askedScopes(state: State, asked: Asked): string[] {
  const configured = configurationOf(state, asked)?.scopes;
  if (configured) return configured;
  const named = (asked.scope ?? '')
    .split(',')
    .map(scope => scope.trim())
    .filter(scope => /^\w{1,60}$/.test(scope));
  return named.length > 0 ? [...new Set(named)] : [...defaultScopes];
}

/** Of these, what the dialog shows: permissions that were declined before are asked again with `rerequest` only. */
export function shownScopes(state: State, person: Person, asked: Asked): string[] {
  const wasDeclined = (scope: string) =>
    person.asked.includes(scope) && !person.granted.includes(scope) && !person.expired.includes(scope);
  const asksAgain = authTypes(asked).includes('rerequest');
  return askedScopes(state, asked).filter(scope => asksAgain || !wasDeclined(scope));
}

/** Without `auth_type=reauthorize` Facebook silently uses the Pages picked before. */
export function keepsEarlierPages(person: Person, asked: Asked): boolean {
  return !reauthorizes(asked) && person.granted.length > 0 && person.pickedPages !== null;
}

export const reauthorizes = (asked: Asked) => authTypes(asked).includes('reauthorize');

const authTypes = ({ auth_type = '' }: Asked) => auth_type.split(',').map(type => type.trim());

/** Why a login link does not work, in Facebook's manner; null when it does. */
export function faultOfLink(app: App, asked: Asked): string | null {
  if (asked.client_id !== app.id) return 'Invalid App ID: the provided app ID does not look like a valid app ID.';
  if (app.redirectUris && !app.redirectUris.includes(asked.redirect_uri)) {
    return 'URL blocked: this redirect URI is not among the valid OAuth redirect URIs of the app.';
  }
  if (asked.config_id === undefined) return null;
  const configuration = app.configurations.find(({ id }) => id === asked.config_id);
  if (!configuration) return 'Invalid configuration: the app has no login configuration with this config_id.';
  if (configuration.token === 'user') return null;
  const overrides = asked.response_type === 'code' && asked.override_default_response_type === 'true';
  return overrides
    ? null
    : 'A configuration for system users needs response_type=code and override_default_response_type=true.';
}

/** Why Facebook lets a person finish the dialog and then denies nevertheless; null when it does not. */
export function silentDenial(app: App, person: Person): string | null {
  if (app.knobs.mode === 'live' || person.appRole !== null) return null;
  return 'The app is in development mode, and this person has no role on it.';
}

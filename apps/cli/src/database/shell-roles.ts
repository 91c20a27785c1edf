/** Who db:shell may log in as. */
export const shellRoles = ['app', 'owner', 'auth', 'queue', 'admin'] as const;

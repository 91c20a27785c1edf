const key = 'pagekeeper.invitation';

/**
 * The token of an invitation that waits until its guest has an account with a confirmed address: kept in this browser,
 * since the link that confirms opens a tab of its own. It is of use to that address alone, and forgotten once accepted.
 */
export const waitingInvitation = (): string | null => localStorage.getItem(key);
export const keepInvitation = (token: string): void => localStorage.setItem(key, token);
export const forgetInvitation = (): void => localStorage.removeItem(key);

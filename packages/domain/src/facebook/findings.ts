import type { CheckedLogin } from './checked-login.ts';
import { userTokenEnd } from './examine-login.ts';
import type { PageExamination } from './examine-pages.ts';
import { missingScopes, missingTasks, withheldScopes } from './needs.ts';

/** What the last check saw, as the connection doctor tells it. Holds no token. */
export interface StoredFindings {
  token: { is_valid: boolean; expires_at: string | null; data_access_expires_at: string | null } | null;
  missing_scopes: string[];
  withheld_scopes: string[];
  /** Null where the person's list did not tell. */
  tasks: string[] | null;
  missing_tasks: string[];
  /** As `webhook_enabled` wants it; null where nobody could tell. */
  subscribed: boolean | null;
  login: { is_alive: boolean; expires_at: string | null };
}

/** Reduces a check to what is worth keeping. */
export function describeFindings(
  { login, findings: { user }, subscriptions }: CheckedLogin,
  examination: PageExamination,
): StoredFindings {
  const { pageId, integrationId } = examination.page;
  const found = examination.outcome === 'seen' ? examination.found : null;
  const info = found?.info;
  const tasks = found?.grant?.tasks ?? null;
  const endsAt = userTokenEnd(login, user);
  return {
    token: info
      ? {
          is_valid: info.isValid && found.works !== false,
          expires_at: info.expiresAt?.toISOString() ?? null,
          data_access_expires_at: info.dataAccessExpiresAt?.toISOString() ?? null,
        }
      : null,
    missing_scopes: info?.isValid ? missingScopes(info) : [],
    withheld_scopes: info?.isValid ? withheldScopes(info, pageId) : [],
    tasks,
    missing_tasks: tasks ? missingTasks(tasks).map(({ anyOf }) => anyOf.join(' or ')) : [],
    subscribed: subscriptions.get(integrationId)?.asWanted ?? null,
    login: { is_alive: user.isAlive, expires_at: endsAt?.toISOString() ?? null },
  };
}

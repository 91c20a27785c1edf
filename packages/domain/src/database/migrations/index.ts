import * as people from './0001_people.ts';
import * as tenancy from './0002_tenancy.ts';
import * as integrations from './0003_integrations.ts';
import * as webhooks from './0004_webhooks.ts';
import * as router from './0005_router.ts';
import * as access from './0007_access.ts';
import * as twoFactor from './0009_two_factor.ts';
import * as purge from './0010_purge.ts';
import * as keepAlive from './0012_keep_alive.ts';
import * as connect from './0013_connect.ts';
import * as replies from './0014_replies.ts';
import * as budget from './0016_budget.ts';
import * as closedEvents from './0017_closed_events.ts';
import * as keyRotations from './0019_key_rotations.ts';
import * as checks from './0020_checks.ts';
import * as metrics from './0022_metrics.ts';
import * as privacy from './0023_privacy.ts';
import * as operations from './0024_operations.ts';
import * as invitationTurns from './0025_invitation_turns.ts';
import * as replyRetention from './0026_reply_retention.ts';
import * as forgetting from './0027_forgetting.ts';
import * as waiting from './0028_waiting.ts';
import * as blocked from './0029_blocked.ts';
import * as entriesTold from './0030_entries_told.ts';
import * as leftForGood from './0031_left_for_good.ts';
import * as deafPages from './0032_deaf_pages.ts';
import * as replyIndexes from './0033_reply_indexes.ts';
import * as repeats from './0034_repeats.ts';
import * as longHistories from './0035_long_histories.ts';
import * as boundedDueScan from './0036_bounded_due_scan.ts';
import * as largeTenants from './0037_large_tenants.ts';
import * as firstMinute from './0038_first_minute.ts';
import * as rareEvents from './0039_rare_events.ts';
import * as logins from './0040_logins.ts';
import * as slugsOfInactive from './0041_slugs_of_inactive.ts';

/** SQL text in both directions: it can be shown before it is run. */
export interface Migration {
  name: string;
  up: string;
  down: string;
}

/** Every migration, in order. */
export const migrations: readonly Migration[] = [
  { name: '0001_people', ...people },
  { name: '0002_tenancy', ...tenancy },
  { name: '0003_integrations', ...integrations },
  { name: '0004_webhooks', ...webhooks },
  { name: '0005_router', ...router },
  { name: '0007_access', ...access },
  { name: '0009_two_factor', ...twoFactor },
  { name: '0010_purge', ...purge },
  { name: '0012_keep_alive', ...keepAlive },
  { name: '0013_connect', ...connect },
  { name: '0014_replies', ...replies },
  { name: '0016_budget', ...budget },
  { name: '0017_closed_events', ...closedEvents },
  { name: '0019_key_rotations', ...keyRotations },
  { name: '0020_checks', ...checks },
  { name: '0022_metrics', ...metrics },
  { name: '0023_privacy', ...privacy },
  { name: '0024_operations', ...operations },
  { name: '0025_invitation_turns', ...invitationTurns },
  { name: '0026_reply_retention', ...replyRetention },
  { name: '0027_forgetting', ...forgetting },
  { name: '0028_waiting', ...waiting },
  { name: '0029_blocked', ...blocked },
  { name: '0030_entries_told', ...entriesTold },
  { name: '0031_left_for_good', ...leftForGood },
  { name: '0032_deaf_pages', ...deafPages },
  { name: '0033_reply_indexes', ...replyIndexes },
  { name: '0034_repeats', ...repeats },
  { name: '0035_long_histories', ...longHistories },
  { name: '0036_bounded_due_scan', ...boundedDueScan },
  { name: '0037_large_tenants', ...largeTenants },
  { name: '0038_first_minute', ...firstMinute },
  { name: '0039_rare_events', ...rareEvents },
  { name: '0040_logins', ...logins },
  { name: '0041_slugs_of_inactive', ...slugsOfInactive },
];

/** Names of migrations that a database lacks, and of those that it has and this release does not know. */
export function compareMigrations(applied: readonly string[]): { missing: string[]; unknown: string[] } {
  const known = migrations.map(({ name }) => name);
  return {
    missing: known.filter(name => !applied.includes(name)),
    unknown: applied.filter(name => !known.includes(name)),
  };
}

/** The newest migration's name: what a running process expects to find. */
export const latestMigration = (): string => migrations.at(-1)!.name;

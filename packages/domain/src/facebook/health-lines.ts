import { type PageStatus, type StatusReason, tokenDeadStatuses } from '../integrations/facebook-page-integration.ts';
import type { IntegrationConfig } from '../integrations/integration-config.ts';
import type { StoredFindings } from './findings.ts';
import { neededScopes } from './needs.ts';

export const lineNames = [
  'token',
  'login',
  'permissions',
  'data_access',
  'page_grant',
  'tasks',
  'claim',
  'subscription',
  'pause',
  'last_event',
  'last_reply',
  'next_check',
  'forecast',
] as const;

export const lineStates = ['ok', 'warning', 'failed', 'unknown'] as const;

export interface HealthLine {
  check: (typeof lineNames)[number];
  state: (typeof lineStates)[number];
  detail: string;
  fix: string | null;
}

/** What the doctor knows of a page. Times in business time. */
export interface HealthFacts {
  now: Date;
  status: PageStatus;
  status_reason: StatusReason | null;
  status_since: Date;
  findings: StoredFindings | null;
  claimed: boolean;
  login_ends_at: Date | null;
  next_check_at: Date | null;
  last_checked_at: Date | null;
  paused_until: Date | null;
  pause_reason: string | null;
  /** Nobody of the organization's pages is answered. */
  replies_paused: boolean;
  last_event_at: Date | null;
  last_reply_at: Date | null;
}

type Line = Omit<HealthLine, 'check'>;

const ok = (detail: string): Line => ({ state: 'ok', detail, fix: null });
const warning = (detail: string, fix: string | null): Line => ({ state: 'warning', detail, fix });
const failed = (detail: string, fix: string): Line => ({ state: 'failed', detail, fix });
const unknown = (detail: string): Line => ({ state: 'unknown', detail, fix: null });

const reconnect = 'Connect the page again with a fresh login, and grant everything that is asked for.';

/** One line per thing that must be right, in the order in which things go wrong. Pure. */
export function healthLines(facts: HealthFacts, config: IntegrationConfig): HealthLine[] {
  const lines: Record<HealthLine['check'], Line> = {
    token: tokenLine(facts),
    login: loginLine(facts),
    permissions: permissionsLine(facts.findings),
    data_access: dataAccessLine(facts),
    page_grant: pageGrantLine(facts.findings),
    tasks: tasksLine(facts.findings),
    claim: claimLine(facts),
    subscription: subscriptionLine(facts.findings, config),
    pause: pauseLine(facts),
    last_event: facts.last_event_at
      ? ok(`The last event came at ${moment(facts.last_event_at)}.`)
      : unknown('No event came yet.'),
    last_reply: facts.last_reply_at
      ? ok(`The last reply went out at ${moment(facts.last_reply_at)}.`)
      : unknown('No reply went out yet.'),
    next_check: nextCheckLine(facts),
    forecast: forecastLine(facts),
  };
  return lineNames.map(check => ({ check, ...lines[check] }));
}

const moment = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function tokenLine({ findings, status, status_reason: reason }: HealthFacts): Line {
  if (reason && (status === 'disconnected' || tokenDeadStatuses.includes(status))) {
    return failed(reason.detail, reason.fix);
  }
  if (!findings?.token) return unknown('The first check is under way.');
  return findings.token.is_valid
    ? ok('Facebook accepts the page token.')
    : failed('Facebook does not accept the page token.', reconnect);
}

function loginLine({ findings }: HealthFacts): Line {
  if (!findings) return unknown('The first check is under way.');
  if (findings.login.is_alive) return ok('The login behind the page works.');
  return warning('The login behind the page has ended: the page token cannot be renewed.', reconnect);
}

function permissionsLine(findings: StoredFindings | null): Line {
  if (!findings?.token?.is_valid) return unknown('Only a working token tells.');
  const [missing] = findings.missing_scopes;
  if (!missing) return ok(`All are granted: ${Object.keys(neededScopes).join(', ')}.`);
  const names = findings.missing_scopes.map(scope => `${scope} (${neededScopes[scope]})`).join(', ');
  return failed(`Not granted: ${names}.`, reconnect);
}

const day = 24 * 3_600_000;
const dataAccessNoticeMs = 7 * day;

/** Ninety days after the person was last active. What we need goes on by Facebook's list of exemptions. */
function dataAccessLine({ findings, now }: HealthFacts): Line {
  if (!findings?.token?.is_valid) return unknown('Only a working token tells.');
  const { data_access_expires_at: at } = findings.token;
  if (!at) return ok('The access to data has no end.');
  const date = at.slice(0, 10);
  if (Date.parse(at) - now.getTime() > dataAccessNoticeMs) return ok(`The access to data lasts until ${date}.`);
  const said = Date.parse(at) > now.getTime() ? 'ends' : 'ended';
  return warning(
    `The person’s consent to the access to data ${said} on ${date}. By Facebook’s rules what Pagekeeper needs goes on without it.`,
    'Let the person who connected the page connect it again: Facebook then asks for 90 days more.',
  );
}

function pageGrantLine(findings: StoredFindings | null): Line {
  if (!findings?.token?.is_valid) return unknown('Only a working token tells.');
  if (findings.withheld_scopes.length === 0) return ok('The permissions are granted for this page.');
  return failed(
    `Granted for other pages only: ${findings.withheld_scopes.join(', ')}.`,
    'Connect again, and tick this page in the dialog.',
  );
}

function tasksLine(findings: StoredFindings | null): Line {
  if (!findings?.tasks) return unknown("The person's list of pages did not tell.");
  if (findings.missing_tasks.length === 0) return ok('The person has the tasks that are needed on the page.');
  return failed(
    `The person lacks on the page: ${findings.missing_tasks.join('; ')}.`,
    'An admin of the page gives it to them, or connects the page.',
  );
}

function claimLine({ claimed, status_reason: reason }: HealthFacts): Line {
  if (claimed) return ok('The page is held by this integration.');
  if (reason?.code === 'page_unavailable') return failed(reason.detail, reason.fix);
  return unknown('The page is claimed once its token is proven.');
}

function subscriptionLine(findings: StoredFindings | null, config: IntegrationConfig): Line {
  if (!config.webhook_enabled) return warning('webhook_enabled is off: no events come.', 'Switch webhook_enabled on.');
  if (findings?.subscribed === true) return ok('Facebook sends us the events of the page.');
  if (findings?.subscribed !== false) return unknown('It could not be asked.');
  return failed(
    'Facebook does not send us the events of the page.',
    'Refresh the integration. If it stays so, connect the page again.',
  );
}

function pauseLine({ paused_until: until, pause_reason: why, replies_paused, now }: HealthFacts): Line {
  if (replies_paused) {
    return warning('Replies are paused for this organization.', "Let replies go on in the organization's settings.");
  }
  if (!until || until <= now) return ok('Nothing is paused.');
  return warning(`The page is left alone until ${moment(until)}. ${why ?? ''}`.trim(), null);
}

function nextCheckLine({ next_check_at: next, last_checked_at: last }: HealthFacts): Line {
  const before = last ? ` The last one was at ${moment(last)}.` : '';
  return next ? ok(`The next check is at ${moment(next)}.${before}`) : unknown(`No check is planned.${before}`);
}

function forecastLine({ status, status_reason: reason, login_ends_at: ends, now }: HealthFacts): Line {
  if (status === 'expiring' && reason) return warning(reason.detail, reason.fix);
  if (status !== 'healthy') return unknown('A forecast needs a healthy page.');
  if (!ends) return ok('Nothing is known to end.');
  const days = Math.floor((ends.getTime() - now.getTime()) / day);
  return ok(
    `The login ends in ${days} days, on ${ends.toISOString().slice(0, 10)}. It is renewed before, where Facebook allows it; if not, you are told in time.`,
  );
}

import type { GraphError } from '@pagekeeper/facebook/graph-error';
import type { StatusReason } from '../integrations/facebook-page-integration.ts';

const reason = (code: string, detail: string, fix: string): StatusReason => ({ code, detail, fix });

const again = 'Begin again from Pagekeeper.';
const tellOperator = 'Tell whoever runs Pagekeeper: its settings at Facebook are wrong.';

/** Why a browser that comes back is sent away. The connection it may belong to stays as it is. */
export const refusals = {
  state_unknown: reason('state_unknown', 'This address does not belong to a connection that you began.', again),
  state_foreign: reason(
    'state_foreign',
    'Somebody else began this connection, or you did in another browser or before you signed in anew.',
    'Go on where it was begun, or begin again here.',
  ),
  state_used: reason('state_used', 'This answer of Facebook was used already.', 'Look at your pages in Pagekeeper.'),
  state_expired: reason('state_expired', `The dialog was open for too long.`, again),
} as const;

export type RefusalCode = keyof typeof refusals;

/** What Facebook says with `error` in place of a code. */
export function deniedReason(error: string): StatusReason {
  if (error !== 'access_denied') {
    return reason('dialog_failed', 'Facebook could not finish the dialog.', `Wait a few minutes. ${again}`);
  }
  return reason(
    'denied',
    'Facebook says that the permissions were not granted.',
    'If you cancelled, begin again and approve. If you did approve, the app may not be live at Facebook yet, or lack a permission that it asks for: tell whoever runs Pagekeeper.',
  );
}

export const nothingCame = reason('no_answer', 'Facebook sent you back with neither a code nor an error.', again);

/** Why a code could not be exchanged. It is spent either way. */
export function exchangeReason({ code, subcode, outcome }: GraphError): StatusReason {
  if (code === 100 && subcode === 36007) {
    return reason('code_expired', 'The code that Facebook gave you was too old, or not one of its own.', again);
  }
  if (code === 100 && subcode === 36009) {
    return reason('code_used', 'The code that Facebook gave you was used before.', again);
  }
  if (code === 100 && subcode === 36008) {
    return reason('redirect_mismatch', 'Facebook does not know the address that it sent you back to.', tellOperator);
  }
  if (outcome === 'CONFIG' || code === 1 || code === 101) {
    return reason('app_misconfigured', 'Facebook does not accept our app’s credentials.', tellOperator);
  }
  return unreachable;
}

export const unreachable = reason(
  'facebook_unreachable',
  'Facebook did not answer as it should.',
  `Wait a few minutes. ${again}`,
);

export const badToken = reason('token_refused', 'Facebook gave a login that does not work.', again);

export const foreignApp = reason('foreign_token', 'The login was made for another app.', again);

/** Said of a whole login, of which no page can be connected. */
export const noPages = reason(
  'no_pages',
  'The login shows no pages.',
  'Begin again, choose the pages in the dialog, and log in as somebody who has a role on them.',
);

export const noUsablePages = reason(
  'no_usable_pages',
  'None of the pages can be connected. Each one says why.',
  'Do what the pages say, then begin again.',
);

export const permissionsMissing = (missing: readonly string[]): StatusReason =>
  reason(
    'permission_missing',
    `Not granted: ${missing.join(', ')}.`,
    'Begin again, and leave everything ticked (by the API: ask_again "permissions").',
  );

export const pageMissing = reason(
  'page_missing',
  'The page that is to work again is not among those that this login shows.',
  'Begin again and tick it (by the API: ask_again "pages"), or let somebody who has a role on it log in.',
);

/** Said of one page. */
export const notGranted = reason(
  'page_not_granted',
  'The login does not show this page.',
  'Begin again, and tick it in the dialog (by the API: ask_again "pages").',
);

export const withheld = (scopes: readonly string[]): StatusReason =>
  reason(
    'page_not_granted',
    `The login grants ${scopes.join(', ')} for other pages, not for this one.`,
    'Begin again, and tick it for everything (by the API: ask_again "pages").',
  );

export const noPageToken = reason(
  'no_page_token',
  'Facebook gives no access to this page: the person has no role on it that lets an app act for it.',
  'An admin of the page gives them one in the page’s settings, or connects it themself.',
);

export const taskMissing = (tasks: readonly string[], purpose: string): StatusReason =>
  reason(
    'task_missing',
    `The person lacks the task ${tasks.join(' or ')} on this page, needed for ${purpose}.`,
    'An admin of the page gives it to them, or connects the page.',
  );

/** A page that somebody else holds. Says nothing of whom, and the same of everybody. */
export const pageUnavailable = reason(
  'page_unavailable',
  'This page cannot be connected here.',
  'If the page is yours, connect it with a login that manages it, and take it over.',
);

export const notManaged = reason(
  'manage_needed',
  'Only somebody who manages this page on Facebook can take it over.',
  'Let a person with the task MANAGE on it log in.',
);

export const parentGone = reason(
  'deactivated',
  'The business, or the integration that has the page, was deactivated meanwhile.',
  'Restore it, then connect the page again.',
);

export const pageTaken = reason(
  'page_taken',
  'Another request is connecting this page at this moment.',
  'Look at the integrations, and try again if it is not among them.',
);

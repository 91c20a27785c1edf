import { tasksOf, visiblePagesOf } from '../../people/people.ts';
import { endGrant, notAuthorized, revoked } from '../../people/person-events.ts';
import type { Page } from '../../state/entities.ts';
import type { State } from '../../state/state.ts';
import { mintPageToken } from '../../tokens/mint.ts';
import { hasRunOut } from '../../tokens/verdict.ts';
import type { Call, Caller, UserCaller } from '../call.ts';
import { demandScope, identify } from '../call.ts';
import { noSuchObject, numbered } from '../errors.ts';
import { selectFields } from '../fields.ts';
import { emptyPageBefore, paginate } from '../paging.ts';
import { textParam } from '../params.ts';

/** GET {person}: only oneself. */
export function readPerson(call: Call) {
  const { person } = selfCaller(call);
  const [first_name, ...rest] = person.name.split(' ');
  const readable = {
    id: () => person.id,
    name: () => person.name,
    first_name: () => first_name,
    last_name: () => rest.join(' ') || undefined,
    // Only a system user belongs to a client business.
    client_business_id: () => (person.kind === 'system_user' ? person.business?.id : undefined),
  };
  return selectFields('User', readable, textParam(call.params, 'fields'), 'name,id');
}

/** GET {person}/accounts: the Pages shared with the app, with a new page token each. */
export function listAccounts(call: Call) {
  const { state } = call.world;
  const caller = selfCaller(call);
  demandScope(caller, 'pages_show_list');
  const pages = visiblePagesOf(state, caller.person);
  const first = pages[0];
  if (state.app.knobs.empty_accounts_page && first && !textParam(call.params, 'after'))
    return emptyPageBefore(call, first.id);
  const usual = 'access_token,category,category_list,name,id,tasks';
  const present = (page: Page) =>
    selectFields('Page', readablePage(state, page, caller), textParam(call.params, 'fields'), usual);
  return paginate(call, pages, page => page.id, present);
}

/** GET {person}/permissions. */
export function listPermissions(call: Call) {
  const { person, token } = selfCaller(call);
  const status = (scope: string) => {
    if (person.expired.includes(scope)) return 'expired';
    if (!person.granted.includes(scope)) return 'declined';
    return hasRunOut(call.world.state, scope, token.dataAccessExpiresAt) ? 'expired' : 'granted';
  };
  return { data: person.asked.map(permission => ({ permission, status: status(permission) })) };
}

/** DELETE {person}/permissions and …/{permission}: without a name the app is removed, and every token with it. */
export function revokePermissions(call: Call) {
  const { state } = call.world;
  const { person } = selfCaller(call);
  const [, , name] = call.segments;
  if (name) person.granted = person.granted.filter(scope => scope !== name);
  else endGrant(state, person, state.app.knobs.permissions_deleted === 466 ? revoked : notAuthorized(state));
  return { success: true };
}

function selfCaller(call: Call): UserCaller {
  const caller = identify(call);
  if (caller.kind === 'app')
    throw numbered(2500, 'An active access token must be used to query information about the current user.');
  if (caller.kind !== 'user' || caller.person.id !== call.segments[0])
    throw noSuchObject(call.segments[0]!, call.method);
  return caller;
}

/** What a Page shows to a caller. The token field is minted only when it is asked for and allowed. */
export function readablePage(state: State, page: Page, caller: Caller) {
  const tasks = caller.kind === 'app' ? [] : tasksOf(page, caller.person.id);
  return {
    id: () => page.id,
    name: () => page.name,
    category: () => page.category,
    category_list: () => [{ id: '2612', name: page.category }],
    link: () => page.url,
    username: () => undefined,
    tasks: () => (caller.kind === 'user' ? tasks : undefined),
    access_token: () => {
      if (caller.kind === 'page') return caller.page === page ? caller.token.value : undefined;
      return caller.kind === 'user' && tasks.length > 0 ? mintPageToken(state, caller.token, page).value : undefined;
    },
  };
}

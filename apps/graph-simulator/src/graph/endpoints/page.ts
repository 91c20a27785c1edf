import { visiblePagesOf } from '../../people/people.ts';
import { pageFields } from '../../people/scopes.ts';
import type { Page } from '../../state/entities.ts';
import type { Call, PageCaller } from '../call.ts';
import { demandScope, demandTask, identify, pageCaller } from '../call.ts';
import { noSuchObject, numbered } from '../errors.ts';
import { selectFields } from '../fields.ts';
import { listParam, textParam } from '../params.ts';
import { readablePage } from './people.ts';

/** GET {page}: name and id for everybody, more for those who may see it. */
export function readPage(call: Call) {
  const { state } = call.world;
  const caller = identify(call);
  const page = pageOf(call);
  if (caller.kind === 'user' && !visiblePagesOf(state, caller.person).includes(page))
    throw noSuchObject(page.id, 'GET');
  if (caller.kind === 'page' && caller.page !== page) throw noSuchObject(page.id, 'GET');
  return selectFields('Page', readablePage(state, page, caller), textParam(call.params, 'fields'), 'name,id');
}

/** GET {page}/subscribed_apps. */
export function listSubscribedApps(call: Call) {
  const { app } = call.world.state;
  const { page } = subscriber(call, false);
  if (!page.subscribedFields) return { data: [] };
  const link = `https://www.facebook.com/games/?app_id=${app.id}`;
  return {
    data: [{ category: 'Business', link, name: app.name, id: app.id, subscribed_fields: page.subscribedFields }],
  };
}

/** POST {page}/subscribed_apps: the fields given replace those subscribed. */
export function subscribePage(call: Call) {
  const caller = subscriber(call, true);
  const fields = listParam(call.params, 'subscribed_fields');
  if (fields.length === 0) throw numbered(100, 'Param subscribed_fields must be non-empty.');
  for (const [index, field] of fields.entries()) {
    if (pageFields.includes(field)) continue;
    throw numbered(
      100,
      `Param subscribed_fields[${index}] must be one of {${pageFields.join(', ')}} - got "${field}".`,
    );
  }
  if (fields.some(field => field.startsWith('messag') || field === 'standby')) {
    const refused = () =>
      numbered(200, 'To subscribe to messaging fields, this permission is needed: pages_messaging.');
    demandScope(caller, 'pages_messaging', refused);
  }
  caller.page.subscribedFields = [...new Set(fields)];
  return { success: true };
}

/** DELETE {page}/subscribed_apps. */
export function unsubscribePage(call: Call) {
  subscriber(call, true).page.subscribedFields = null;
  return { success: true };
}

function subscriber(call: Call, write: boolean): PageCaller {
  const caller = pageCaller(call, { write: false });
  if (caller.page !== pageOf(call)) throw noSuchObject(call.segments[0]!, call.method);
  demandScope(caller, 'pages_manage_metadata');
  if (write) {
    demandScope(caller, 'pages_show_list');
    demandTask(call, caller, 'CREATE_CONTENT', 'MANAGE', 'MODERATE');
  }
  return caller;
}

/** The Page that the path names. */
export function pageOf(call: Call): Page {
  const id = call.segments[0]!;
  const page = call.world.state.pages.get(id);
  if (!page) throw noSuchObject(id, call.method);
  return page;
}

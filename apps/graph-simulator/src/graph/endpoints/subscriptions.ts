import { pageFields } from '../../people/scopes.ts';
import { shakeHands } from '../../webhooks/handshake.ts';
import type { Call } from '../call.ts';
import { appCaller } from '../call.ts';
import { noSuchObject, numbered } from '../errors.ts';
import { listParam, requiredText, textParam } from '../params.ts';

/** GET {app}/subscriptions. */
export function listSubscriptions(call: Call) {
  ownApp(call);
  const { app } = call.world.state;
  const fields = app.fields === 'all' ? pageFields : app.fields;
  if (!app.callbackUrl || fields.length === 0) return { data: [] };
  const versioned = fields.map(name => ({ name, version: call.version }));
  return { data: [{ object: 'page', callback_url: app.callbackUrl, active: true, fields: versioned }] };
}

/** POST {app}/subscriptions: taken only if the callback answers the handshake there and then. */
export async function subscribeApp(call: Call) {
  ownApp(call);
  onlyPages(requiredText(call.params, 'object'));
  const { app } = call.world.state;
  const callbackUrl = requiredText(call.params, 'callback_url');
  const fields = listParam(call.params, 'fields');
  const unknown = fields.find(field => !pageFields.includes(field));
  if (unknown) throw numbered(100, `Invalid field: ${unknown}.`);
  const verifyToken = requiredText(call.params, 'verify_token');
  const fault = await shakeHands(call.world.state, callbackUrl, verifyToken);
  if (fault) throw numbered(2200, `Callback verification failed with the following errors: ${fault}`);
  app.callbackUrl = callbackUrl;
  app.verifyToken = verifyToken;
  app.fields = fields;
  app.includeValues = textParam(call.params, 'include_values') === 'true';
  return { success: true };
}

/** DELETE {app}/subscriptions, of some fields or of all. */
export function unsubscribeApp(call: Call) {
  ownApp(call);
  const { app } = call.world.state;
  const gone = listParam(call.params, 'fields');
  const now = app.fields === 'all' ? pageFields : app.fields;
  if (textParam(call.params, 'object')) onlyPages(requiredText(call.params, 'object'));
  app.fields = gone.length === 0 ? [] : now.filter(field => !gone.includes(field));
  return { success: true };
}

function ownApp(call: Call): void {
  appCaller(call);
  const id = call.segments[0]!;
  if (id !== call.world.state.app.id) throw noSuchObject(id, call.method);
}

function onlyPages(object: string): void {
  if (object !== 'page') throw numbered(100, `Param object must be page - got "${object}".`);
}

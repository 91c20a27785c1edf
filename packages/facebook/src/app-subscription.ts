import type { Secret } from '@pagekeeper/runtime/secret';
import * as z from 'zod';
import { readListPage, readSuccess } from './graph-answers.ts';
import type { GraphConfig, GraphResult, GraphTransport } from './graph-transport.ts';
import { subscribedFields } from './subscribed-fields.ts';

/** What Facebook sends our app, and where to: beside it every page has a subscription of its own. */
export interface AppSubscription {
  callbackUrl: string;
  isActive: boolean;
  fields: string[];
}

export interface AppCalls {
  /** Facebook shakes hands with the callback before it answers: our api must be reachable by then. */
  subscribeApp(callbackUrl: string, verifyToken: Secret): Promise<GraphResult<boolean>>;
  /** Null when the app is subscribed to no page events. */
  readAppSubscription(): Promise<GraphResult<AppSubscription | null>>;
}

/** The calls about the app itself, made with its own token. */
export function appCalls(transport: GraphTransport, { appId }: GraphConfig, appToken: Secret): AppCalls {
  const path = `${appId}/subscriptions`;
  return {
    subscribeApp: (callbackUrl, verifyToken) => {
      const form = {
        object: 'page',
        callback_url: callbackUrl,
        verify_token: verifyToken,
        fields: subscribedFields.join(','),
        include_values: 'true',
      };
      return transport.call({ method: 'POST', path, form, token: appToken, read: readSuccess });
    },
    readAppSubscription: () =>
      transport.call({
        method: 'GET',
        path,
        token: appToken,
        read: body => {
          const rows = readListPage(body)?.rows.map(row => appSubscription.safeParse(row).data);
          return rows && (rows.find(row => row !== undefined) ?? null);
        },
      }),
  };
}

// Other objects' subscriptions do not fit.
const appSubscription = z
  .object({
    object: z.literal('page'),
    callback_url: z.string(),
    active: z.boolean(),
    fields: z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])),
  })
  .transform(({ callback_url, active, fields }) => ({ callbackUrl: callback_url, isActive: active, fields }));

import { createGraphClient, type GraphClient } from '@pagekeeper/facebook/graph-client';
import { missingFields } from '@pagekeeper/facebook/subscribed-fields';
import { Secret } from '@pagekeeper/runtime/secret';
import { readFacebookEnvironment } from './env.ts';

/**
 * `npm run facebook:subscribe`: subscribes our app to the events of pages and reads back what Facebook has noted. Once
 * for each app and public address; again is harmless. The api must run, for Facebook calls it before it says yes.
 * @returns what is wrong, in a sentence; null when all is well
 */
async function subscribe(graph: GraphClient, callbackUrl: string, verifyToken: Secret): Promise<string | null> {
  const subscribed = await graph.subscribeApp(callbackUrl, verifyToken);
  if (!subscribed.ok) return `Facebook refuses: ${subscribed.error.message} ${fixOf(subscribed.error.code)}`;
  const read = await graph.readAppSubscription();
  if (!read.ok) return `Subscribed, but what Facebook noted cannot be read: ${read.error.message}`;
  if (!read.value?.isActive) return 'Facebook said yes and shows no active subscription. Try again.';
  if (read.value.callbackUrl !== callbackUrl) return `Facebook sends events to ${read.value.callbackUrl} instead.`;
  const missing = missingFields(read.value.fields);
  return missing.length > 0 ? `Facebook leaves these fields out: ${missing.join(', ')}.` : null;
}

function fixOf(code: number | null): string {
  switch (code) {
    case 2200:
      return 'The api must run and be reachable at PUBLIC_URL, with the same FACEBOOK_VERIFY_TOKEN.';
    case 100:
    case 101:
    case 190:
      return 'Look at FACEBOOK_APP_ID and FACEBOOK_APP_SECRET.';
    default:
      return 'Nothing was changed; try again in a few minutes.';
  }
}

const variables = readFacebookEnvironment();
const callbackUrl = new URL('/webhooks/facebook', variables.PUBLIC_URL).href;
const graph = createGraphClient({
  graphUrl: variables.FACEBOOK_GRAPH_URL,
  version: variables.FACEBOOK_GRAPH_VERSION,
  appId: variables.FACEBOOK_APP_ID,
  appSecret: new Secret(variables.FACEBOOK_APP_SECRET.reveal().split(',')[0]!.trim()),
});
const fault = await subscribe(graph, callbackUrl, variables.FACEBOOK_VERIFY_TOKEN);
await graph.close();
if (fault) process.stderr.write(`${fault}\n`);
else process.stdout.write(`Facebook sends the events of pages to ${callbackUrl}.\n`);
process.exitCode = fault ? 1 : 0;

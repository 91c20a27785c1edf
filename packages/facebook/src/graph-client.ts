import { Secret } from '@pagekeeper/runtime/secret';
import { type AppCalls, appCalls } from './app-subscription.ts';
import { readInBatches } from './batch.ts';
import { readAll } from './cursors.ts';
import type { CommentReply, PageDetails, PageGrant, TokenInfo, UserTokenGrant } from './graph-answers.ts';
import {
  readCommentReply,
  readCreatedComment,
  readListPage,
  readPageDetails,
  readPageGrant,
  readSentMessage,
  readSubscribedApp,
  readSuccess,
  readTokenInfo,
  readUserToken,
  unknownToken,
} from './graph-answers.ts';
import { classifyTokenError, isForeignToken, localError } from './graph-error.ts';
import type { GraphConfig, GraphResult, GraphTransport } from './graph-transport.ts';
import { blankValues, createGraphTransport } from './graph-transport.ts';
import { subscribedFields } from './subscribed-fields.ts';
import { noUsage } from './usage.ts';

export type {
  CommentReply,
  GranularScope,
  PageDetails,
  PageGrant,
  TokenError,
  TokenInfo,
  UserTokenGrant,
} from './graph-answers.ts';

import { lastSegment } from './webhook-values.ts';

export type { GraphConfig, GraphResult } from './graph-transport.ts';

/** A text to a person, or a private reply to a comment. `metadata` comes back in the echo: our reply's id. */
export interface OutgoingMessage {
  recipient: { id: string } | { comment_id: string };
  text: string;
  metadata: string;
}

/** The Graph API as Pagekeeper uses it. Every failure is a result; only a wrong configuration throws, at the start. */
export interface GraphClient extends AppCalls {
  /** Single use at Graph: after a failure the person logs in again. */
  exchangeCode(code: Secret, redirectUri: string): Promise<GraphResult<UserTokenGrant>>;
  /** May or may not move the expiry; only `debugToken` tells. */
  exchangeForLongLived(userToken: Secret): Promise<GraphResult<UserTokenGrant>>;
  /** The documented renewal of a 60-day system user token: 60 more days from now. */
  renewSystemUser(token: Secret): Promise<GraphResult<UserTokenGrant>>;
  /** Asked with the app token. A dead token, and one of another app, is an `ok` result with `isValid: false`. */
  debugToken(token: Secret): Promise<GraphResult<TokenInfo>>;
  /** The same for many tokens, 50 a request; one end each, in their order. */
  debugTokens(tokens: readonly Secret[]): Promise<GraphResult<TokenInfo>[]>;
  /** Every page the person granted, over all cursors; at most 12,500. */
  listPages(userToken: Secret): Promise<GraphResult<PageGrant[]>>;
  readPage(pageToken: Secret, pageId: string): Promise<GraphResult<PageDetails>>;
  /** Asks each token itself who it is, 50 a request: the second look before a token is called dead. */
  probePages(pages: readonly { id: string; token: Secret }[]): Promise<GraphResult<PageDetails>[]>;
  /** The fields our app is subscribed to on each page, 50 a request; null where it is not subscribed. */
  readSubscriptions(pages: readonly { id: string; token: Secret }[]): Promise<GraphResult<string[] | null>[]>;
  /** Replaces whatever was subscribed with the whole list. Repeating it is harmless. */
  subscribePage(pageToken: Secret, pageId: string): Promise<GraphResult<void>>;
  unsubscribePage(pageToken: Secret, pageId: string): Promise<GraphResult<void>>;
  /** Graph has no idempotency key: after `sentMaybe` it is for the echo to tell. */
  sendMessage(
    pageToken: Secret,
    pageId: string,
    message: OutgoingMessage,
  ): Promise<GraphResult<{ messageId: string; recipientId: string | null }>>;
  replyToComment(pageToken: Secret, commentId: string, text: string): Promise<GraphResult<{ commentId: string }>>;
  /** Every reply to a comment, over all cursors; at most 2,000. */
  listCommentReplies(pageToken: Secret, commentId: string): Promise<GraphResult<CommentReply[]>>;
  /** Percent of the app's own allowance that is used up, by the last answer that told; 0 while it is trivial. */
  appUsage(): number;
  close(): Promise<void>;
}

/** @throws Error when the Graph URL or the version cannot be used. */
export function createGraphClient(config: GraphConfig): GraphClient {
  if (!URL.canParse(config.graphUrl)) throw new Error('graphUrl is not a URL');
  if (!/^v\d+\.\d+$/.test(config.version)) throw new Error('version must look like v25.0');
  const transport = createGraphTransport(config);
  return {
    ...tokenCalls(transport, config),
    ...pageCalls(transport, config),
    ...replyCalls(transport),
    ...appCalls(transport, config, appTokenOf(config)),
    appUsage: () => transport.appUsage,
    close: () => transport.close(),
  };
}

type TokenCalls = Pick<
  GraphClient,
  'exchangeCode' | 'exchangeForLongLived' | 'renewSystemUser' | 'debugToken' | 'debugTokens' | 'listPages'
>;

function tokenCalls(transport: GraphTransport, config: GraphConfig): TokenCalls {
  const appToken = appTokenOf(config);
  const exchange = (parameters: Record<string, string | Secret>) =>
    transport.call({
      method: 'POST',
      path: 'oauth/access_token',
      form: { client_id: config.appId, client_secret: config.appSecret, ...parameters },
      read: readUserToken,
    });
  return {
    exchangeCode: (code, redirectUri) => exchange({ redirect_uri: redirectUri, code }),
    exchangeForLongLived: userToken => exchange({ grant_type: 'fb_exchange_token', fb_exchange_token: userToken }),
    renewSystemUser: token =>
      exchange({ grant_type: 'fb_exchange_token', fb_exchange_token: token, set_token_expires_in_60_days: 'true' }),
    async debugToken(token) {
      // Graph reads a GET's parameters from the query only; the URL is shown nowhere.
      const query = { input_token: token };
      const read = (body: unknown) => withoutToken(readTokenInfo(body), token);
      return verdictOf(await transport.call({ method: 'GET', path: 'debug_token', query, token: appToken, read }));
    },
    async debugTokens(tokens) {
      const reads = tokens.map(token => ({
        path: 'debug_token',
        query: { input_token: token },
        read: (body: unknown) => withoutToken(readTokenInfo(body), token),
      }));
      return (await readInBatches(transport, config, appToken, reads)).map(verdictOf);
    },
    listPages: userToken =>
      readAll(transport, {
        path: 'me/accounts',
        token: userToken,
        fields: 'id,name,access_token,category,tasks,link',
        limit: 250,
        maxRequests: 50,
        readRow: readPageGrant,
      }),
  };
}

// Literally so.
const appTokenOf = (config: GraphConfig): Secret => new Secret(`${config.appId}|${config.appSecret.reveal()}`);

// The inner error is Graph's text about this token, and people read it.
function withoutToken(info: TokenInfo | undefined, token: Secret): TokenInfo | undefined {
  if (!info?.error) return info;
  return { ...info, error: { ...info.error, message: blankValues(info.error.message, [token]) } };
}

/**
 * Graph refuses the whole question about another app's token. That is an answer: about the token, not about us. And it
 * calls a token invalid where it could not look: that is none.
 */
function verdictOf(result: GraphResult<TokenInfo>): GraphResult<TokenInfo> {
  if (result.ok) {
    const { error } = result.value;
    if (!error || classifyTokenError(error) !== 'CONFIG') return result;
    return { ok: false, error: localError(error.message, 'TRANSIENT', 200, false), usage: result.usage };
  }
  if (!isForeignToken(result.error)) return result;
  const { code, subcode, message } = result.error;
  return { ok: true, value: { ...unknownToken, error: { code, subcode, message } }, usage: result.usage };
}

type PageCalls = Pick<
  GraphClient,
  'readPage' | 'probePages' | 'readSubscriptions' | 'subscribePage' | 'unsubscribePage'
>;

function pageCalls(transport: GraphTransport, config: GraphConfig): PageCalls {
  return {
    async readPage(pageToken, pageId) {
      if (!isPageId(pageId)) return refuseId();
      const query = { fields: 'id,name,category,link' };
      return transport.call({ method: 'GET', path: pageId, query, token: pageToken, read: readPageDetails });
    },
    probePages: pages =>
      readInBatches(
        transport,
        config,
        appTokenOf(config),
        pages.map(({ id, token }) => ({
          path: encodeURIComponent(id),
          query: { fields: 'id,name,category,link' },
          token,
          read: readPageDetails,
        })),
      ),
    readSubscriptions: pages =>
      readInBatches(
        transport,
        config,
        appTokenOf(config),
        pages.map(({ id, token }) => ({
          path: `${encodeURIComponent(id)}/subscribed_apps`,
          token,
          read: body => fieldsOfApp(body, config.appId),
        })),
      ),
    async subscribePage(pageToken, pageId) {
      if (!isPageId(pageId)) return refuseId();
      const query = { subscribed_fields: subscribedFields.join(',') };
      const path = `${pageId}/subscribed_apps`;
      return demandSuccess(await transport.call({ method: 'POST', path, query, token: pageToken, read: readSuccess }));
    },
    async unsubscribePage(pageToken, pageId) {
      if (!isPageId(pageId)) return refuseId();
      const path = `${pageId}/subscribed_apps`;
      return demandSuccess(await transport.call({ method: 'DELETE', path, token: pageToken, read: readSuccess }));
    },
  };
}

/** Our app's fields in a list of subscribed apps; null when it is not among them. */
function fieldsOfApp(body: unknown, appId: string): string[] | null | undefined {
  const rows = readListPage(body)?.rows.map(readSubscribedApp);
  return rows && (rows.find(app => app?.id === appId)?.fields ?? null);
}

type ReplyCalls = Pick<GraphClient, 'sendMessage' | 'replyToComment' | 'listCommentReplies'>;

function replyCalls(transport: GraphTransport): ReplyCalls {
  return {
    async sendMessage(pageToken, pageId, { recipient, text, metadata }) {
      if (!isPageId(pageId)) return refuseId();
      // A private reply takes neither type nor tag.
      const type = 'id' in recipient ? { messaging_type: 'RESPONSE' } : {};
      const json = { recipient, ...type, message: { text, metadata } };
      const path = `${pageId}/messages`;
      return transport.call({ method: 'POST', path, json, token: pageToken, read: readSentMessage });
    },
    async replyToComment(pageToken, commentId, text) {
      if (!isCommentId(commentId)) return refuseId();
      const created = await transport.call({
        method: 'POST',
        path: `${commentId}/comments`,
        form: { message: text },
        token: pageToken,
        read: readCreatedComment,
      });
      return created.ok ? demandNewComment(created.value.id, commentId, created.usage) : created;
    },
    async listCommentReplies(pageToken, commentId) {
      if (!isCommentId(commentId)) return refuseId();
      return readAll(transport, {
        path: `${commentId}/comments`,
        token: pageToken,
        fields: 'id,from,message,created_time',
        maxRequests: 20,
        readRow: readCommentReply,
      });
    },
  };
}

// Ids stand in the path: anything but digits could lead to another object.
const isPageId = (id: string): boolean => /^\d{1,32}$/.test(id);
const isCommentId = (id: string): boolean => /^\d{1,32}(_\d{1,32}){0,2}$/.test(id);

function refuseId(): GraphResult<never> {
  return { ok: false, error: localError('not a Graph object id', 'PERMANENT', null, false), usage: noUsage };
}

function demandSuccess(result: GraphResult<boolean>): GraphResult<void> {
  if (!result.ok) return result;
  if (result.value) return { ok: true, value: undefined, usage: result.usage };
  return {
    ok: false,
    error: localError('Graph answered success: false', 'PERMANENT', 200, false),
    usage: result.usage,
  };
}

// Meta's documents show the reply call also as the one that edits the comment itself.
function demandNewComment(
  id: string | null,
  commentId: string,
  usage: GraphResult<unknown>['usage'],
): GraphResult<{ commentId: string }> {
  if (id !== null && lastSegment(id) !== lastSegment(commentId)) return { ok: true, value: { commentId: id }, usage };
  const message = 'Graph edited the comment instead of replying to it: stop replying and look at the comment';
  return { ok: false, error: localError(message, 'PERMANENT', 200, true), usage };
}

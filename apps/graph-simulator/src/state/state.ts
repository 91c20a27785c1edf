import type { Fault } from '../faults/fault.ts';

export type Lifetime = 'short' | 'long' | 'never';

/** A Facebook user: someone who can hold roles on Pages and log in to the app. */
export interface Person {
  id: string;
  name: string;
  /** What this person grants when a login does not say otherwise. */
  scopes: string[];
  /** What is granted to the app right now. */
  granted: string[];
  /** Everything a login ever asked for; what is not granted of it reads as declined. */
  asked: string[];
  /** The Pages picked in the last login; null means all, also those to come. */
  pickedPages: string[] | null;
  checkpointed: boolean;
}

export interface Role {
  tasks: string[];
  removed: boolean;
}

export interface Page {
  id: string;
  name: string;
  category: string;
  url: string;
  roles: Map<string, Role>;
  /** Page-level webhook fields; null while the app is not installed on the Page. */
  subscribedFields: string[] | null;
  postIds: string[];
  /** Keys into State.comments, oldest first. */
  commentKeys: string[];
}

/** Why a token was killed. Reasons that can pass (checkpoint, lost role) are not stamped here but judged each time. */
export interface Death {
  subcode: 458 | 460 | 466 | null;
  message: string;
}

export interface Token {
  value: string;
  type: 'USER' | 'PAGE';
  appId: string;
  personId: string;
  pageId: string | null;
  lifetime: Lifetime;
  scopes: string[];
  issuedAt: number;
  /** Seconds; 0 is never. */
  expiresAt: number;
  dataAccessExpiresAt: number;
  dead: Death | null;
}

export interface LoginCode {
  personId: string;
  redirectUri: string;
  scopes: string[];
  issuedAt: number;
  used: boolean;
}

/** Someone who writes to a Page. The id in comments and the PSID in messages differ, as with Meta. */
export interface Customer {
  id: string;
  psid: string;
  pageId: string;
  name: string;
}

export interface Comment {
  id: string;
  pageId: string;
  postId: string;
  /** The comment answered, or the post for a top-level comment. */
  parentId: string;
  from: { id: string; name: string };
  message: string;
  createdAt: number;
  hidden: boolean;
  deleted: boolean;
  privateReplyMid: string | null;
}

export interface Message {
  mid: string;
  author: 'customer' | 'page';
  text: string;
  atMs: number;
  appId: string | null;
  metadata: string | null;
  /** The comment this message answers privately. */
  commentId: string | null;
}

export interface Thread {
  pageId: string;
  psid: string;
  /** Milliseconds; null when only the Page has written so far. */
  lastInboundAtMs: number | null;
  messages: Message[];
}

export interface App {
  id: string;
  name: string;
  secret: string;
  formerSecrets: string[];
  verifyToken: string;
  callbackUrl: string | null;
  deauthorizeUrl: string | null;
  /** App-level webhook fields; 'all' until the app subscribes by itself. */
  fields: string[] | 'all';
  proof: 'off' | 'required';
  /** What exchanging a long-lived user token does to its expiry. */
  exchange: 'unchanged' | 'extended';
  omitExpiresIn: boolean;
  emptyAccountsPage: boolean;
  humanAgent: boolean;
  /** Calls that make 100 percent of usage: per app and hour, per Page and day. */
  allowance: { app: number; page: number };
}

/** Everything the simulator knows and a restart keeps. Plain data: Maps, arrays and scalars only. */
export interface State {
  seed: string;
  counters: Map<string, number>;
  clockOffsetSeconds: number;
  app: App;
  people: Map<string, Person>;
  pages: Map<string, Page>;
  tokens: Map<string, Token>;
  codes: Map<string, LoginCode>;
  /** Each customer under three keys: by PSID, by the id in comments, and by name. */
  customers: Map<string, Customer>;
  /** Keyed by the last segment of the comment id, since Meta writes ids both whole and bare. */
  comments: Map<string, Comment>;
  threads: Map<string, Thread>;
  faults: Fault[];
}

export interface AppSettings {
  appId: string;
  appSecret: string;
  verifyToken: string;
  callbackUrl: string | null;
}

/** An empty world for one app. The same seed and the same calls give the same ids and tokens. */
export function createState(seed: string, settings: AppSettings): State {
  return {
    seed,
    counters: new Map(),
    clockOffsetSeconds: 0,
    app: {
      id: settings.appId,
      name: 'Pagekeeper',
      secret: settings.appSecret,
      formerSecrets: [],
      verifyToken: settings.verifyToken,
      callbackUrl: settings.callbackUrl,
      deauthorizeUrl: null,
      fields: 'all',
      proof: 'off',
      exchange: 'unchanged',
      omitExpiresIn: false,
      emptyAccountsPage: false,
      humanAgent: false,
      allowance: { app: 200_000, page: 480_000 },
    },
    people: new Map(),
    pages: new Map(),
    tokens: new Map(),
    codes: new Map(),
    customers: new Map(),
    comments: new Map(),
    threads: new Map(),
    faults: [],
  };
}

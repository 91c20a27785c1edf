export type Lifetime = 'short' | 'long' | 'never';

/** A Facebook user: someone who can hold roles on Pages and log in to the app. Or a business's system user. */
export interface Person {
  id: string;
  name: string;
  kind: 'person' | 'system_user';
  /** The business portfolio; made when a login needs one. */
  business: { id: string; name: string } | null;
  /** A role on the app itself. Without one, standard access and development mode keep a person out. */
  appRole: 'admin' | 'developer' | 'tester' | null;
  /** What this person grants when a login does not say otherwise. */
  scopes: string[];
  /** What is granted to the app right now. */
  granted: string[];
  /** Everything a login ever asked for; what is not granted of it reads as declined, or as expired. */
  asked: string[];
  expired: string[];
  /** The Pages picked in the last login; null means all, also those to come. */
  pickedPages: string[] | null;
  /** The security check that this person has to pass, by the subcode that tells of it. */
  checkpoint: 459 | 464 | 490 | null;
  /** Seconds; set by a login. */
  dataAccessExpiresAt: number;
}

export interface Role {
  tasks: string[];
  removed: boolean;
  /** Held through a business portfolio only: seen by the app with business_management alone. */
  viaBusiness: boolean;
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
  /** Why the Page may not send for now. */
  restriction: string | null;
  /** Virtual milliseconds until which its comments are refused, and its last texts, for as long as that is watched. */
  commentsBlockedUntilMs: number;
  latelyWritten: { text: string; atMs: number }[];
  /** When its private replies of the last hour were sent, in virtual milliseconds. */
  privateRepliesAtMs: number[];
}

/** Why a token was killed. Reasons that can pass (checkpoint, lost role) are not stamped here but judged each time. */
export interface Death {
  subcode: 458 | 460 | 466 | 467 | null;
  message: string;
}

export interface Token {
  value: string;
  type: 'USER' | 'PAGE' | 'SYSTEM_USER';
  appId: string;
  personId: string;
  pageId: string | null;
  /** The token from which a page token was made. */
  parent: string | null;
  lifetime: Lifetime;
  scopes: readonly string[];
  issuedAt: number;
  /** Seconds; 0 is never. */
  expiresAt: number;
  dataAccessExpiresAt: number;
  dead: Death | null;
}

export interface LoginCode {
  personId: string;
  redirectUri: string;
  issuedAt: number;
  used: boolean;
  /** What the code becomes: a short-lived user token, or a system user's of this lifetime. */
  lifetime: Lifetime;
}

/** Someone who writes to a Page. The id in comments and the PSID in messages differ, as with Meta. */
export interface Customer {
  id: string;
  psid: string;
  pageId: string;
  name: string;
  /** Whether messages reach this person; what is told instead: 551 or 200 with 1545041, or 10/2018108. */
  reachable: 'yes' | 'blocked' | 'blocked_as_200' | 'not_receiving';
  hasAppRole: boolean;
}

export interface Comment {
  id: string;
  pageId: string;
  postId: string;
  /** The comment answered, or the post for a top-level comment. */
  parentId: string;
  from: { id: string; name: string };
  message: string;
  /** A picture or film instead of, or beside, the text. */
  media: { photo: string } | { video: string } | null;
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
  edits: number;
  reaction: string | null;
}

export interface Thread {
  pageId: string;
  psid: string;
  /** Milliseconds; null when only the Page has written so far. */
  lastInboundAtMs: number | null;
  /** The app that controls the thread; null is ours. */
  ownerAppId: string | null;
  messages: Message[];
}

/** What Meta tells an app's developers. */
export interface Alert {
  type: 'messaging_failing' | 'webhooks_disabled';
  page_id: string;
  virtual_at: string;
}

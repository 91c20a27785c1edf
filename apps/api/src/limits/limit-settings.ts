/** Who may ask how often. */
export interface LimitSettings {
  /** An API key's requests, or a person's. */
  callerPer10Seconds: number;
  /** Requests without valid credentials, of one network. */
  strangerPerMinute: number;
  /** Sign-ins, sign-ups and the like, of one network. */
  attemptsPerMinute: number;
  /** Mails of one kind to one address that anybody may ask for. */
  mailsPerHour: number;
  /** Wrong passwords for one address before pauses begin. */
  freeGuesses: number;
}

/** What was typed, or what the environment lacks: told in a sentence, and the exit code is 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A failure in words that need no more: told as it is, and the exit code is 1. */
export class Failure extends Error {
  override name = 'Failure';
}

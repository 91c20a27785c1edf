/** Rate limits that no developer and no test suite on one machine meets. Tests of limits set lower ones. */
export const generousLimits = {
  RATE_LIMIT_PER_10_SECONDS: '1000000',
  RATE_LIMIT_STRANGERS_PER_MINUTE: '1000000',
  RATE_LIMIT_ATTEMPTS_PER_MINUTE: '1000000',
  RATE_LIMIT_MAILS_PER_HOUR: '1000000',
  RATE_LIMIT_FREE_GUESSES: '10000',
};

/** What one person wrote can be erased: the words, and the hashes that told whose they were. */
export const up = `
grant update (person_hash, thread_hash) on webhook_events to pagekeeper_app;
grant delete on threads to pagekeeper_app;
`;

export const down = `
revoke update (person_hash, thread_hash) on webhook_events from pagekeeper_app;
revoke delete on threads from pagekeeper_app;
`;

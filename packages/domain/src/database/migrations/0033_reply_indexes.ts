/** Replies outlive their events by far: what looks for those without an end, or for one person's, reads no others. */
export const up = `
create index replies_unfinished on replies (organization_id, integration_id, thread_hash) where finished_at is null;
create index replies_event on replies (organization_id, event_id);
create index replies_thread on replies (organization_id, thread_hash) where thread_hash is not null;
`;

export const down = `
drop index replies_thread;
drop index replies_event;
drop index replies_unfinished;
`;

/**
 * What is rare among a tenant's events is found without reading the others: those of a kind, and those that were
 * answered. Both come in when an event is closed, so that storing it costs nothing more.
 */
export const up = `
create index webhook_events_kind on webhook_events (organization_id, kind, id)
  where state in ('processed', 'ignored', 'failed');
create index webhook_events_processed on webhook_events (organization_id, id) where state = 'processed';
`;

export const down = `
drop index webhook_events_processed;
drop index webhook_events_kind;
`;

/**
 * Events of one page that are done with: with the indexes of those that wait, every event of a page is in one of them.
 * An event comes into this one when it is closed, so that storing it costs nothing more.
 */
export const up = `
create index webhook_events_closed on webhook_events (organization_id, integration_id, id)
  where state in ('processed', 'ignored', 'failed');
`;

export const down = `
drop index webhook_events_closed;
`;

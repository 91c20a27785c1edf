import type * as z from 'zod';
import type { Context } from '../context.ts';
import { ofIntegration } from '../integrations/integration-reference.ts';
import { type List, listInput, pageOf, type Rendered, renderPage } from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import { eventFilter, filteredEvents } from './event-filter.ts';
import { type EventShape, eventResource, timeInEvent } from './event-resource.ts';

export const listEventsInput = listInput.extend(eventFilter);

/** What Facebook told of an organization's pages, newest first by the time inside it. Opens none of it. */
export async function listEvents(
  ctx: Context,
  input: { organization: string } & z.output<typeof listEventsInput>,
): Promise<Rendered<List<EventShape>>> {
  const { organization, integration, kind, state, since, until, ...page } = input;
  const rows = await ofIntegration(ctx, organization, integration, integrationId =>
    readRows(ctx, { organization, permission: 'event.read' }, tx =>
      filteredEvents(tx, { integrationId, kind, state, since, until }, query =>
        pageOf(query, eventResource, page, 'webhook_events.id'),
      ),
    ),
  );
  return renderPage(rows, eventResource, page.limit, timeInEvent);
}

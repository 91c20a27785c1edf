import * as z from 'zod';
import { Resource, timestamp } from '../resource.ts';

/** How far a purge has come, for who asked for it. The organization itself may be gone. */
export const purgeShape = z
  .object({
    id: z.string(),
    organization_id: z.string(),
    url: z.string().describe('Where its progress can be read.'),
    state: z.enum(['unsubscribing', 'erasing', 'finished']),
    pages_left: z.number().int().describe('Pages that the app is still to be taken off.'),
    rows_erased: z.number().int(),
    asked_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Purge' });

export type PurgeShape = z.output<typeof purgeShape>;

/** Reads from `organization_purges`. */
export const purgeResource = new Resource<PurgeShape>(
  { id: ['purge', 'organization_purges.id'], organization_id: ['organization', 'organization_purges.organization'] },
  {
    state: 'organization_purges.state',
    pages_left: 'organization_purges.pages_left',
    rows_erased: 'organization_purges.rows_erased',
    asked_at: 'organization_purges.asked_at',
    finished_at: 'organization_purges.finished_at',
  },
);

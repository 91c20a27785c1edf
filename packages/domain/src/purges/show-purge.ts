import type { Knex } from 'knex';
import { notFound } from '../errors.ts';
import { publicId, type Uuid } from '../ids.ts';
import { type Rendered, taggedByContent } from '../resource.ts';
import { type PurgeShape, purgeResource } from './purge.ts';

/**
 * A purge as JSON, for the person of the transaction.
 * @throws DomainError `not_found` for another person's
 */
export async function showPurge(view: Pick<Knex, 'raw'>, id: Uuid): Promise<Rendered<PurgeShape>> {
  const columns = purgeResource.columns.join(', ');
  const { rows } = await view.raw(`select ${columns} from organization_purges where id = ?`, [id]);
  if (!rows[0]) throw notFound('purge');
  return taggedByContent(purgeResource.render(rows[0], { url: `/v1/purges/${publicId('purge', id)}` }));
}

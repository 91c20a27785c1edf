import { FacebookLogin } from '../integrations/facebook-login.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { PageUnsubscription } from '../integrations/page-unsubscription.ts';
import { Reply } from '../replies/reply.ts';
import { WebhookEvent } from '../webhooks/webhook-event.ts';

/** A column whose values are sealed by the organization's data key, bound to the row's `id`. */
export interface SealedColumn {
  table: string;
  column: string;
}

const models = [FacebookLogin, FacebookPageIntegration, PageUnsubscription, Reply, WebhookEvent];

/** All there are; a test walks the catalogue and says when one is missing. */
export const sealedColumns: readonly SealedColumn[] = [
  ...models.flatMap(({ tableName: table, sealedColumns: columns }) => columns.map(column => ({ table, column }))),
  { table: 'idempotency_keys', column: 'answer' },
];

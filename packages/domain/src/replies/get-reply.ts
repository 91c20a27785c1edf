import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { parsePublicId } from '../ids.ts';
import { type Rendered, taggedByContent } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { openContents } from '../vault/open-contents.ts';
import { Reply, textOf } from './reply.ts';
import { type OpenedReplyShape, replyResource } from './reply-resource.ts';

/** One reply with its words. Whoever opens it stands in the audit log. */
export async function getReply(
  ctx: Context,
  { organization, reply: reference }: { organization: string; reply: string },
): Promise<Rendered<OpenedReplyShape>> {
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'reply.read');
    const id = parsePublicId('reply', reference);
    const columns = [...replyResource.selection, 'replies.text'];
    const reply = id && (await Reply.query(tx).findOne({ 'replies.id': id }).select(columns));
    if (!reply) throw notFound('reply');
    const text = reply.text && (await openContents(tx, ctx.vault, textOf(id), reply.text));
    const row = reply as unknown as Record<string, unknown>;
    const shown = taggedByContent<OpenedReplyShape>(replyResource.render(row, { text }));
    await audit(tx, { action: 'reply.opened', subject: { type: 'reply', id } });
    return shown;
  });
}

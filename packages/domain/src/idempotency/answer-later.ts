import type { Context } from '../context.ts';
import { withTenant } from '../tenancy/doors.ts';
import { completeAnswer } from './once.ts';
import { tenantAnswers } from './stores.ts';

/**
 * Stores the answer of a verb that went on after its transaction (a check that was waited for). Until then a repeated
 * request is told that its answer is not known, and does nothing.
 */
export async function answerLater(
  ctx: Context,
  organization: string,
  answer: { status: number; text: string },
): Promise<void> {
  const { once } = ctx;
  if (!once?.stored || once.stored.complete) return;
  await withTenant(ctx, { organization, allowInactive: true }, tx =>
    completeAnswer(tx, tenantAnswers(tx, ctx.vault), once, answer),
  );
}

import type { Context } from '../context.ts';
import { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { transactionsBeforeNowEnded } from '../tenancy/key-rotation.ts';
import { type Answer, completeAnswer, loseAnswer, loseAnswers } from './once.ts';
import { tenantAnswers } from './stores.ts';

/**
 * Stores the answer of a verb that went on after its transaction (a check that was waited for), or had none in which
 * something was done (pages that were all refused). Until then a repeated request is told that it is under way.
 */
export async function answerLater(ctx: Context, organization: string, answer: Answer): Promise<void> {
  const { once } = ctx;
  if (!once || once.stored?.complete) return;
  const isNew = !once.stored;
  await withTenant(ctx, { organization, allowInactive: true }, async tx => {
    if (isNew) return new Rendered(answer.text, answer.etag);
    await completeAnswer(tx, tenantAnswers(tx, ctx.vault), once, answer);
    return undefined;
  });
  if (once.stored) once.stored.complete = true;
}

/** The verb failed after its transaction. Best effort: what it failed with is the caller's answer. */
export async function answerNever(ctx: Context, organization: string): Promise<void> {
  const { once } = ctx;
  if (!once?.stored || once.stored.complete) return;
  try {
    await withTenant(ctx, { organization, allowInactive: true }, tx =>
      loseAnswer(tx, tenantAnswers(tx, ctx.vault), once),
    );
  } catch (error) {
    ctx.log.warn({ err: error, request_id: ctx.requestId }, 'a lost answer was not noted');
  }
}

/**
 * Takes away the stored answers that may hold people's words: of all that says 200 previews of replies do; what was
 * created says 201. A preview that had opened an event before it was erased is waited for, as it stores its answer last.
 */
export async function loseShownWords(ctx: Context, organization: string): Promise<void> {
  await transactionsBeforeNowEnded(ctx.database);
  await withTenant(ctx, { organization, allowInactive: true }, tx =>
    loseAnswers(tx, tenantAnswers(tx, ctx.vault), 200),
  );
}

import { raw } from 'objection';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { type List, listInput, pageOf, type Rendered, renderPage } from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import {
  Invitation,
  type InvitationShape,
  invitationResource,
  invitationStates,
  stateExpression,
} from './invitation.ts';

export const listInvitationsInput = listInput.extend({
  state: z.enum([...invitationStates, 'any']).default('pending'),
});

/** An organization's invitations, newest first; the open ones unless told otherwise. */
export async function listInvitations(
  ctx: Context,
  { organization, state, ...page }: { organization: string } & z.output<typeof listInvitationsInput>,
): Promise<Rendered<List<InvitationShape>>> {
  const rows = await readRows(ctx, { organization, permission: 'invitation.read' }, tx => {
    const query = Invitation.query(tx);
    if (state !== 'any') query.where(raw(stateExpression), state);
    return pageOf(query, invitationResource, page, 'invitations.id');
  });
  return renderPage(rows, invitationResource, page.limit);
}

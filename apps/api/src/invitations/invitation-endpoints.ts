import { acceptInvitation, acceptInvitationInput } from '@pagekeeper/domain/invitations/accept-invitation';
import { createInvitation, createInvitationInput } from '@pagekeeper/domain/invitations/create-invitation';
import { invitationShape, newInvitationShape } from '@pagekeeper/domain/invitations/invitation';
import { listInvitations, listInvitationsInput } from '@pagekeeper/domain/invitations/list-invitations';
import { readInvitee, resendInvitation } from '@pagekeeper/domain/invitations/resend-invitation';
import { revokeInvitation } from '@pagekeeper/domain/invitations/revoke-invitation';
import { organizationShape } from '@pagekeeper/domain/organizations/organization';
import { defineEndpoint } from '../http/endpoint.ts';
import { invitationParams, listOf, noParams, organizationParams } from '../http/params.ts';

const tag = 'Invitations';
const invitations = '/v1/organizations/{organization}/invitations';
const invitation = `${invitations}/{invitation}`;

export const invitationEndpoints = [
  defineEndpoint({
    method: 'get',
    path: invitations,
    summary: "An organization's invitations",
    tag,
    permission: 'invitation.read',
    params: organizationParams,
    query: listInvitationsInput,
    responses: { 200: listOf(invitationShape) },
    run: ({ ctx, params, query }) => listInvitations(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'post',
    path: invitations,
    summary: 'Invite an e-mail address; an open invitation of the same address is replaced',
    tag,
    permission: 'invitation.write',
    invites: ({ body }) => body.email,
    params: organizationParams,
    body: createInvitationInput,
    responses: { 201: newInvitationShape },
    refusals: ['already_member'],
    run: ({ ctx, params, body }) => createInvitation(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'post',
    path: `${invitation}/resend`,
    summary: 'Send it again, with a new link',
    tag,
    permission: 'invitation.write',
    invites: ({ ctx, params }) => readInvitee(ctx, params),
    params: invitationParams,
    responses: { 200: newInvitationShape },
    run: ({ ctx, params }) => resendInvitation(ctx, params),
  }),
  defineEndpoint({
    method: 'delete',
    path: invitation,
    summary: 'Revoke an open invitation',
    tag,
    permission: 'invitation.write',
    params: invitationParams,
    responses: { 204: null },
    run: async ({ ctx, params }) => void (await revokeInvitation(ctx, params)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/invitations/accept',
    caller: 'person',
    summary: "Accept an invitation by its link's token",
    tag,
    permission: 'self.read',
    params: noParams,
    body: acceptInvitationInput,
    responses: { 200: organizationShape },
    refusals: ['email_not_verified', 'already_member', 'invitation_closed'],
    run: ({ ctx, body }) => acceptInvitation(ctx, body),
  }),
];

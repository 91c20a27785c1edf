import { listMembers, listMembersInput } from '@pagekeeper/domain/members/list-members';
import { memberShape } from '@pagekeeper/domain/members/member-resource';
import { removeMember } from '@pagekeeper/domain/members/remove-member';
import { transferOwnership, transferOwnershipInput } from '@pagekeeper/domain/members/transfer-ownership';
import { updateMember, updateMemberInput } from '@pagekeeper/domain/members/update-member';
import { organizationShape } from '@pagekeeper/domain/organizations/organization';
import { defineEndpoint } from '../http/endpoint.ts';
import { listOf, memberParams, organizationParams } from '../http/params.ts';

const tag = 'Members';
const members = '/v1/organizations/{organization}/members';
const member = `${members}/{member}`;

export const memberEndpoints = [
  defineEndpoint({
    method: 'get',
    path: members,
    summary: "An organization's members",
    tag,
    permission: 'member.read',
    params: organizationParams,
    query: listMembersInput,
    responses: { 200: listOf(memberShape) },
    run: ({ ctx, params, query }) => listMembers(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'patch',
    path: member,
    summary: "Change a member's role",
    tag,
    permission: 'member.write',
    params: memberParams,
    body: updateMemberInput,
    responses: { 200: memberShape },
    refusals: ['last_owner', 'stale_version'],
    run: ({ ctx, params, body }) => updateMember(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'delete',
    path: member,
    summary: 'Remove a member; or leave, which each of them may',
    tag,
    permission: 'member.write',
    params: memberParams,
    responses: { 204: null },
    refusals: ['last_owner', 'stale_version'],
    run: async ({ ctx, params }) => void (await removeMember(ctx, params)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/organizations/{organization}/transfer-ownership',
    summary: 'Make a member the owner',
    tag,
    permission: 'organization.transfer',
    params: organizationParams,
    body: transferOwnershipInput,
    responses: { 200: organizationShape },
    run: ({ ctx, params, body }) => transferOwnership(ctx, { ...params, ...body }),
  }),
];

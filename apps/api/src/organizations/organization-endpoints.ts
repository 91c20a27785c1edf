import { createOrganization, createOrganizationInput } from '@pagekeeper/domain/organizations/create-organization';
import { deactivateOrganization } from '@pagekeeper/domain/organizations/deactivate-organization';
import { getOrganization, getOrganizationInput } from '@pagekeeper/domain/organizations/get-organization';
import { organizationShape } from '@pagekeeper/domain/organizations/organization';
import { restoreOrganization } from '@pagekeeper/domain/organizations/restore-organization';
import { updateOrganization, updateOrganizationInput } from '@pagekeeper/domain/organizations/update-organization';
import {
  listOrganizations,
  listOrganizationsInput,
  organizationWithShape,
} from '@pagekeeper/domain/overview/list-organizations';
import { defineEndpoint } from '../http/endpoint.ts';
import { listOf, noParams, organizationParams } from '../http/params.ts';

const tag = 'Organizations';

export const organizationEndpoints = [
  defineEndpoint({
    method: 'get',
    path: '/v1/organizations',
    summary: 'The organizations you are a member of',
    tag,
    permission: 'organization.read',
    params: noParams,
    query: listOrganizationsInput,
    responses: { 200: listOf(organizationWithShape) },
    run: ({ ctx, query }) => listOrganizations(ctx, query),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/organizations',
    caller: 'person',
    summary: 'Create an organization and become its OWNER',
    tag,
    permission: 'organization.create',
    params: noParams,
    body: createOrganizationInput,
    responses: { 201: organizationShape },
    refusals: ['slug_taken'],
    run: ({ ctx, body }) => createOrganization(ctx, body),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/organizations/{organization}',
    summary: 'One organization',
    tag,
    permission: 'organization.read',
    params: organizationParams,
    query: getOrganizationInput,
    responses: { 200: organizationShape },
    run: ({ ctx, params, query }) => getOrganization(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/organizations/{organization}',
    summary: 'Change name, slug or the replies kill switch',
    tag,
    permission: 'organization.update',
    params: organizationParams,
    body: updateOrganizationInput,
    responses: { 200: organizationShape },
    refusals: ['slug_taken', 'stale_version'],
    run: ({ ctx, params, body }) => updateOrganization(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/organizations/{organization}',
    summary: 'Deactivate (soft delete)',
    tag,
    permission: 'organization.deactivate',
    params: organizationParams,
    responses: { 204: null },
    refusals: ['stale_version'],
    run: async ({ ctx, params }) => void (await deactivateOrganization(ctx, params)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/organizations/{organization}/restore',
    summary: 'Take a deactivation back, by id',
    tag,
    permission: 'organization.restore',
    params: organizationParams,
    responses: { 200: organizationShape },
    refusals: ['slug_taken'],
    run: ({ ctx, params }) => restoreOrganization(ctx, params),
  }),
];

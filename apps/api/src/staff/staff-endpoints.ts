import { organizationShape } from '@pagekeeper/domain/organizations/organization';
import { createOrganizationFor, createOrganizationForInput } from '@pagekeeper/domain/staff/create-organization-for';
import {
  enterOrganization,
  enterOrganizationInput,
  staffEntryShape,
} from '@pagekeeper/domain/staff/enter-organization';
import {
  listStaffOrganizations,
  listStaffOrganizationsInput,
  staffOrganizationShape,
} from '@pagekeeper/domain/staff/list-staff-organizations';
import { listUsers, listUsersInput, staffUserShape } from '@pagekeeper/domain/staff/list-users';
import { defineEndpoint } from '../http/endpoint.ts';
import { listOf, noParams, organizationParams } from '../http/params.ts';

const tag = 'Staff';

export const staffEndpoints = [
  defineEndpoint({
    method: 'get',
    path: '/v1/staff/organizations',
    caller: 'person',
    summary: 'All organizations',
    tag,
    params: noParams,
    query: listStaffOrganizationsInput,
    responses: { 200: listOf(staffOrganizationShape) },
    refusals: [403],
    run: ({ ctx, query }) => listStaffOrganizations(ctx, query),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/staff/organizations',
    caller: 'person',
    summary: 'Create an organization for somebody, who owns it',
    tag,
    params: noParams,
    body: createOrganizationForInput,
    responses: { 201: organizationShape },
    refusals: [403],
    run: ({ ctx, body }) => createOrganizationFor(ctx, body),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/staff/organizations/{organization}/enter',
    caller: 'person',
    summary: 'Come in for an hour, seen in its audit log',
    tag,
    params: organizationParams,
    body: enterOrganizationInput,
    responses: { 201: staffEntryShape },
    refusals: [403],
    run: ({ ctx, params, body }) => enterOrganization(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/staff/users',
    caller: 'person',
    summary: 'Everybody who has an account',
    tag,
    params: noParams,
    query: listUsersInput,
    responses: { 200: listOf(staffUserShape) },
    refusals: [403],
    run: ({ ctx, query }) => listUsers(ctx, query),
  }),
];

import { organizationShape } from '@pagekeeper/domain/organizations/organization';
import { createOrganizationFor, createOrganizationForInput } from '@pagekeeper/domain/staff/create-organization-for';
import {
  enterOrganization,
  enterOrganizationInput,
  staffEntryShape,
} from '@pagekeeper/domain/staff/enter-organization';
import { getSystem, systemShape } from '@pagekeeper/domain/staff/get-system';
import { failedJobShape, listFailedJobs, listFailedJobsInput } from '@pagekeeper/domain/staff/list-failed-jobs';
import {
  listStaffOrganizations,
  listStaffOrganizationsInput,
  staffOrganizationShape,
} from '@pagekeeper/domain/staff/list-staff-organizations';
import { listUsers, listUsersInput, staffUserShape } from '@pagekeeper/domain/staff/list-users';
import { retryJob } from '@pagekeeper/domain/staff/retry-job';
import { defineEndpoint } from '../http/endpoint.ts';
import { jobParams, listOf, noParams, organizationParams } from '../http/params.ts';

const tag = 'Staff';

export const staffEndpoints = [
  defineEndpoint({
    method: 'get',
    path: '/v1/staff/organizations',
    caller: 'person',
    summary: 'All organizations',
    tag,
    permission: 'organization.enter',
    params: noParams,
    query: listStaffOrganizationsInput,
    responses: { 200: listOf(staffOrganizationShape) },
    run: ({ ctx, query }) => listStaffOrganizations(ctx, query),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/staff/organizations',
    caller: 'person',
    summary: 'Create an organization for somebody, who owns it',
    tag,
    permission: 'organization.enter',
    params: noParams,
    body: createOrganizationForInput,
    responses: { 201: organizationShape },
    refusals: ['slug_taken'],
    run: ({ ctx, body }) => createOrganizationFor(ctx, body),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/staff/organizations/{organization}/enter',
    caller: 'person',
    summary: 'Come in for an hour, seen in its audit log',
    tag,
    permission: 'organization.enter',
    params: organizationParams,
    body: enterOrganizationInput,
    responses: { 201: staffEntryShape },
    run: ({ ctx, params, body }) => enterOrganization(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/staff/users',
    caller: 'person',
    summary: 'Everybody who has an account',
    tag,
    permission: 'organization.enter',
    params: noParams,
    query: listUsersInput,
    responses: { 200: listOf(staffUserShape) },
    run: ({ ctx, query }) => listUsers(ctx, query),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/staff/system',
    caller: 'person',
    summary: 'How the system is: database, keys, queue, clocks, what waits',
    tag,
    permission: 'organization.enter',
    params: noParams,
    responses: { 200: systemShape },
    run: ({ ctx, facebook, repliesOff }) => getSystem(ctx, { repliesOff, appId: facebook.appId }),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/staff/jobs',
    caller: 'person',
    summary: 'Jobs that failed for good, with the reason',
    tag,
    permission: 'organization.enter',
    params: noParams,
    query: listFailedJobsInput,
    responses: { 200: listOf(failedJobShape) },
    run: ({ ctx, query }) => listFailedJobs(ctx, query),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/staff/jobs/{job}/retry',
    caller: 'person',
    summary: 'Have a failed job tried once more',
    tag,
    permission: 'organization.enter',
    params: jobParams,
    responses: { 204: null },
    run: async ({ ctx, params }) => void (await retryJob(ctx, params)),
  }),
];

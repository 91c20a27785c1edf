import { businessShape } from '@pagekeeper/domain/businesses/business';
import { createBusiness, createBusinessInput } from '@pagekeeper/domain/businesses/create-business';
import { deactivateBusiness } from '@pagekeeper/domain/businesses/deactivate-business';
import { getBusiness, getBusinessInput } from '@pagekeeper/domain/businesses/get-business';
import { restoreBusiness } from '@pagekeeper/domain/businesses/restore-business';
import { updateBusiness, updateBusinessInput } from '@pagekeeper/domain/businesses/update-business';
import { listBusinesses, listBusinessesInput } from '@pagekeeper/domain/overview/list-businesses';
import { businessWithShape } from '@pagekeeper/domain/overview/nested';
import { defineEndpoint } from '../http/endpoint.ts';
import { businessParams, listOf, organizationParams } from '../http/params.ts';

const tag = 'Businesses';
const businesses = '/v1/organizations/{organization}/businesses';
const business = `${businesses}/{business}`;

export const businessEndpoints = [
  defineEndpoint({
    method: 'get',
    path: businesses,
    summary: "An organization's businesses",
    tag,
    permission: 'business.read',
    params: organizationParams,
    query: listBusinessesInput,
    responses: { 200: listOf(businessWithShape) },
    run: ({ ctx, params, query }) => listBusinesses(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'post',
    path: businesses,
    summary: 'Create a business',
    tag,
    permission: 'business.write',
    params: organizationParams,
    body: createBusinessInput,
    responses: { 201: businessShape },
    refusals: ['slug_taken'],
    run: ({ ctx, params, body }) => createBusiness(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: business,
    summary: 'One business',
    tag,
    permission: 'business.read',
    params: businessParams,
    query: getBusinessInput,
    responses: { 200: businessShape },
    run: ({ ctx, params, query }) => getBusiness(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'patch',
    path: business,
    summary: 'Change name, slug or description',
    tag,
    permission: 'business.write',
    params: businessParams,
    body: updateBusinessInput,
    responses: { 200: businessShape },
    refusals: ['slug_taken', 'stale_version'],
    run: ({ ctx, params, body }) => updateBusiness(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'delete',
    path: business,
    summary: 'Deactivate (soft delete)',
    tag,
    permission: 'business.write',
    params: businessParams,
    responses: { 204: null },
    refusals: ['stale_version'],
    run: async ({ ctx, params }) => void (await deactivateBusiness(ctx, params)),
  }),
  defineEndpoint({
    method: 'post',
    path: `${business}/restore`,
    summary: 'Take a deactivation back, by id',
    tag,
    permission: 'business.write',
    params: businessParams,
    responses: { 200: businessShape },
    refusals: ['slug_taken'],
    run: ({ ctx, params }) => restoreBusiness(ctx, params),
  }),
];

import { apiKeyShape, newApiKeyShape } from '@pagekeeper/domain/api-keys/api-key';
import { createApiKey, createApiKeyInput } from '@pagekeeper/domain/api-keys/create-api-key';
import { listApiKeys, listApiKeysInput } from '@pagekeeper/domain/api-keys/list-api-keys';
import { revokeApiKey } from '@pagekeeper/domain/api-keys/revoke-api-key';
import { rotateApiKey, rotateApiKeyInput } from '@pagekeeper/domain/api-keys/rotate-api-key';
import { defineEndpoint } from '../http/endpoint.ts';
import { apiKeyParams, listOf, organizationParams } from '../http/params.ts';

const tag = 'API keys';
const keys = '/v1/organizations/{organization}/api-keys';
const key = `${keys}/{key}`;

export const apiKeyEndpoints = [
  defineEndpoint({
    method: 'get',
    path: keys,
    summary: "An organization's API keys, without their secrets",
    tag,
    permission: 'api_key.read',
    params: organizationParams,
    query: listApiKeysInput,
    responses: { 200: listOf(apiKeyShape) },
    run: ({ ctx, params, query }) => listApiKeys(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'post',
    path: keys,
    summary: 'Make an API key; its secret is shown this once',
    tag,
    permission: 'api_key.write',
    params: organizationParams,
    body: createApiKeyInput,
    responses: { 201: newApiKeyShape },
    refusals: ['too_many_keys'],
    run: ({ ctx, params, body }) => createApiKey(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'post',
    path: `${key}/rotate`,
    summary: 'Put a new key in its place; the old one ends after an overlap',
    tag,
    permission: 'api_key.write',
    params: apiKeyParams,
    body: rotateApiKeyInput,
    responses: { 201: newApiKeyShape },
    refusals: ['key_rotated', 'too_many_keys'],
    run: ({ ctx, params, body }) => rotateApiKey(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'delete',
    path: key,
    summary: 'Revoke: refused from the next request on',
    tag,
    permission: 'api_key.write',
    params: apiKeyParams,
    responses: { 204: null },
    run: async ({ ctx, params }) => void (await revokeApiKey(ctx, params)),
  }),
];

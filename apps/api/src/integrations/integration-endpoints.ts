import { getHealth, healthShape } from '@pagekeeper/domain/facebook/get-health';
import {
  listStatusChanges,
  listStatusChangesInput,
  statusChangeShape,
} from '@pagekeeper/domain/facebook/list-status-changes';
import {
  refreshIntegration,
  refreshIntegrationInput,
  refreshShape,
} from '@pagekeeper/domain/facebook/refresh-integration';
import { createIntegration, createIntegrationInput } from '@pagekeeper/domain/integrations/create-integration';
import { deactivateIntegration } from '@pagekeeper/domain/integrations/deactivate-integration';
import { facebookPageInput } from '@pagekeeper/domain/integrations/facebook-page-input';
import { getIntegration, getIntegrationInput } from '@pagekeeper/domain/integrations/get-integration';
import { integrationShape } from '@pagekeeper/domain/integrations/integration-resource';
import { listIntegrations, listIntegrationsInput } from '@pagekeeper/domain/integrations/list-integrations';
import { replaceFacebookPage } from '@pagekeeper/domain/integrations/replace-facebook-page';
import { restoreIntegration } from '@pagekeeper/domain/integrations/restore-integration';
import { updateIntegration, updateIntegrationInput } from '@pagekeeper/domain/integrations/update-integration';
import { defineEndpoint } from '../http/endpoint.ts';
import { businessParams, integrationParams, listOf, organizationParams } from '../http/params.ts';

const tag = 'Integrations';
const integrations = '/v1/organizations/{organization}/integrations';
const integration = `${integrations}/{integration}`;
const ofBusiness = '/v1/organizations/{organization}/businesses/{business}/integrations';

export const integrationEndpoints = [
  defineEndpoint({
    method: 'get',
    path: integrations,
    summary: "An organization's integrations, with their pages' details",
    tag,
    permission: 'integration.read',
    params: organizationParams,
    query: listIntegrationsInput,
    responses: { 200: listOf(integrationShape) },
    run: ({ ctx, params, query }) => listIntegrations(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'get',
    path: ofBusiness,
    summary: "A business's integrations, with their pages' details",
    tag,
    permission: 'integration.read',
    params: businessParams,
    query: listIntegrationsInput.omit({ business: true }),
    responses: { 200: listOf(integrationShape) },
    run: ({ ctx, params, query }) => listIntegrations(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'post',
    path: ofBusiness,
    summary: 'Create an integration; with its page and tokens in one request',
    tag,
    permission: 'integration.write',
    params: businessParams,
    body: createIntegrationInput,
    responses: { 201: integrationShape },
    refusals: ['page_taken'],
    run: ({ ctx, params, body }) => createIntegration(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: integration,
    summary: 'One integration',
    tag,
    permission: 'integration.read',
    params: integrationParams,
    query: getIntegrationInput,
    responses: { 200: integrationShape },
    run: ({ ctx, params, query }) => getIntegration(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'patch',
    path: integration,
    summary: 'Change name or config',
    tag,
    permission: 'integration.write',
    params: integrationParams,
    body: updateIntegrationInput,
    responses: { 200: integrationShape },
    refusals: ['stale_version'],
    run: ({ ctx, params, body }) => updateIntegration(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'delete',
    path: integration,
    summary: 'Deactivate (soft delete): frees the page',
    tag,
    permission: 'integration.write',
    params: integrationParams,
    responses: { 204: null },
    refusals: ['stale_version'],
    run: async ({ ctx, params }) => void (await deactivateIntegration(ctx, params)),
  }),
  defineEndpoint({
    method: 'post',
    path: `${integration}/restore`,
    summary: 'Take a deactivation back: revalidates and claims the page again',
    tag,
    permission: 'integration.write',
    params: integrationParams,
    responses: { 200: integrationShape },
    refusals: ['page_taken'],
    run: ({ ctx, params }) => restoreIntegration(ctx, params),
  }),
  defineEndpoint({
    method: 'put',
    path: `${integration}/facebook-page`,
    summary: "Replace the page's details and tokens",
    tag,
    permission: 'integration.write',
    params: integrationParams,
    body: facebookPageInput,
    responses: { 200: integrationShape },
    refusals: ['page_taken', 'stale_version'],
    run: ({ ctx, params, body }) => replaceFacebookPage(ctx, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: `${integration}/health`,
    summary: 'The connection doctor: one line per check, each with its fix',
    tag,
    permission: 'integration.read',
    params: integrationParams,
    responses: { 200: healthShape },
    run: ({ ctx, params }) => getHealth(ctx, params),
  }),
  defineEndpoint({
    method: 'get',
    path: `${integration}/status-changes`,
    summary: "How its page's status changed, and why",
    tag,
    permission: 'integration.read',
    params: integrationParams,
    query: listStatusChangesInput,
    responses: { 200: listOf(statusChangeShape) },
    run: ({ ctx, params, query }) => listStatusChanges(ctx, { ...params, ...query }),
  }),
  defineEndpoint({
    method: 'post',
    path: `${integration}/refresh`,
    summary: 'Check the tokens now',
    tag,
    permission: 'integration.refresh',
    params: integrationParams,
    query: refreshIntegrationInput,
    responses: { 202: refreshShape, 200: refreshShape },
    run: async ({ ctx, facebook, params, query }) => {
      const wait = query.wait === 'true';
      return { status: wait ? 200 : 202, body: await refreshIntegration(ctx, facebook.appId, { ...params, wait }) };
    },
  }),
];

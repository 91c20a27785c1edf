import { connectedPagesShape, connectPages, connectPagesInput } from '@pagekeeper/domain/connections/connect-pages';
import {
  createConnection,
  createConnectionInput,
  newConnectionShape,
} from '@pagekeeper/domain/connections/create-connection';
import { connectionShape } from '@pagekeeper/domain/connections/facebook-connection';
import { getConnection } from '@pagekeeper/domain/connections/get-connection';
import { defineEndpoint } from '../http/endpoint.ts';
import { businessParams, connectionParams } from '../http/params.ts';

const tag = 'Connections';
const connection = '/v1/organizations/{organization}/facebook/connections/{connection}';

export const connectionEndpoints = [
  defineEndpoint({
    method: 'post',
    path: '/v1/organizations/{organization}/businesses/{business}/facebook/connections',
    summary: "Begin to connect pages: where to send the person's browser",
    tag,
    permission: 'connection.write',
    caller: 'person',
    params: businessParams,
    body: createConnectionInput,
    responses: { 201: newConnectionShape },
    run: ({ ctx, facebook, params, body }) => createConnection(ctx, facebook, { ...params, ...body }),
  }),
  defineEndpoint({
    method: 'get',
    path: connection,
    summary: 'What came of it: the pages found, and what is missing and why',
    tag,
    permission: 'connection.read',
    params: connectionParams,
    responses: { 200: connectionShape },
    run: ({ ctx, params }) => getConnection(ctx, params),
  }),
  defineEndpoint({
    method: 'post',
    path: `${connection}/pages`,
    summary: 'Connect the pages that were picked, each with its own outcome',
    tag,
    permission: 'connection.write',
    params: connectionParams,
    body: connectPagesInput,
    responses: { 201: connectedPagesShape },
    refusals: ['connection_not_ready'],
    run: ({ ctx, facebook, params, body }) => connectPages(ctx, facebook, { ...params, ...body }),
  }),
];

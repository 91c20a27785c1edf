import * as z from 'zod';
import { faultSchema } from '../faults/fault.ts';
import { addFault, removeFaults } from '../faults/faults.ts';
import { control } from './control.ts';

export const faultControls = [
  control({
    method: 'post',
    path: '/faults',
    status: 201,
    body: faultSchema,
    handle: ({ state }, { body }) => addFault(state, body),
  }),

  control({ method: 'get', path: '/faults', handle: ({ state }) => ({ data: state.faults }) }),

  control({
    method: 'delete',
    path: '/faults',
    query: z.strictObject({ id: z.string().optional() }),
    handle: ({ state }, { query }) => ({ removed: removeFaults(state, query.id) }),
  }),
];

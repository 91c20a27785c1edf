import { json, Router } from 'express';
import type { World } from '../world.ts';
import type { Control } from './control.ts';
import { answerControlError, ControlError } from './control.ts';
import { conversationControls } from './conversation.ts';
import { deliveryControls } from './deliveries.ts';
import { eventControls } from './events.ts';
import { faultControls } from './faults.ts';
import { ledgerControls } from './ledger.ts';
import { peopleControls } from './people.ts';
import { simulatorControls } from './simulator.ts';

/** Everything the control API can do. */
export const controls: readonly Control[] = [
  ...simulatorControls,
  ...peopleControls,
  ...conversationControls,
  ...eventControls,
  ...deliveryControls,
  ...faultControls,
  ...ledgerControls,
];

/** The control API, to be mounted under `/__sim`. */
export function controlRouter(world: World): Router {
  const router = Router();
  router.use(json({ limit: '10mb' }));
  for (const { method, path, serve } of controls) router[method](path, serve(world));
  router.use(request => {
    throw new ControlError(404, `The control API has no ${request.method} ${request.originalUrl.split('?')[0]}.`);
  });
  router.use(answerControlError(world));
  return router;
}

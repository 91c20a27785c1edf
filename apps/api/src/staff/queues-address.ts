import type { Services } from '@pagekeeper/domain/context';
import { DomainError } from '@pagekeeper/domain/errors';
import { checkStaff } from '@pagekeeper/domain/staff/check-staff';
import type { Caller } from '@pagekeeper/domain/tenancy/actor';
import type { Express, Request } from 'express';
import type { Limits } from '../limits/limits.ts';

export interface QueuesAddressOptions {
  services: Services;
  authenticate(request: Request): Promise<Caller>;
  limits: Limits;
}

/** Where operators look for queues: it leads staff to the console's page of them. */
export function mountQueuesAddress(app: Express, { services, authenticate, limits }: QueuesAddressOptions): void {
  app.get('/ops/queues', async (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    await limits.countNetwork(request, response);
    const actor = await authenticate(request);
    if (actor.type !== 'user') throw new DomainError('forbidden', 'This is for staff.');
    await checkStaff({ ...services, actor, requestId: String(request.id) });
    response.redirect(302, '/admin/queues');
  });
}

import type { Services } from '@pagekeeper/domain/context';
import { deletePersonData, readDeletionStatus, revokeGrants } from '@pagekeeper/domain/facebook/revoke-grants';
import { parseSignedRequest } from '@pagekeeper/facebook/signatures';
import type { Secret } from '@pagekeeper/runtime/secret';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { HttpError } from '../http/problem.ts';
import { sendResultPage } from '../http/result-page.ts';

export interface PersonRequestOptions {
  services: Services;
  publicUrl: string;
  appSecrets: readonly Secret[];
}

/** What Facebook tells us of a person who removed the app, or wants their data deleted (fact sheet 11). */
export function mountPersonRequests(app: Express, { services, publicUrl, appSecrets }: PersonRequestOptions): void {
  const form: RequestHandler = express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 20 });
  const read = (request: Request) => {
    const { signed_request: signed } = request.body ?? {};
    const parsed = typeof signed === 'string' ? parseSignedRequest(signed, appSecrets) : null;
    if (!parsed) throw new HttpError('wrong_signature', 'Send signed_request as Facebook signs it, in a form.');
    return parsed;
  };
  app.post('/facebook/deauthorize', form, async (request, response) => {
    await revokeGrants(services, read(request));
    response.status(200).json({ success: true });
  });
  app.post('/facebook/data-deletion', form, async (request, response) => {
    const code = await deletePersonData(services, read(request));
    response
      .status(200)
      .json({ url: new URL(`/facebook/data-deletion/${code}`, publicUrl).href, confirmation_code: code });
  });
  app.get('/facebook/data-deletion/:code', async ({ params }, response) => {
    const deletion = await readDeletionStatus(services, params.code);
    if (deletion) sendResultPage(response, 200, done(deletion));
    else sendResultPage(response, 404, unknown);
  });
}

const unknown = {
  title: 'No such request',
  sentences: ['We know no deletion by this code. Look at the address that Facebook gave you.'],
};

const done = ({ requestedAt, completedAt }: { requestedAt: Date; completedAt: Date }) => ({
  title: 'Your data is deleted',
  sentences: [
    `You asked for it on ${day(requestedAt)}; it was done on ${day(completedAt)}.`,
    'Deleted were the logins by which you let Pagekeeper act for your pages, in every organization that you gave them to.',
  ],
});

const day = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

import type { Services } from '@pagekeeper/domain/context';
import { deletePersonData, readDeletionStatus, revokeGrants } from '@pagekeeper/domain/facebook/revoke-grants';
import { parseSignedRequest } from '@pagekeeper/facebook/signatures';
import type { Secret } from '@pagekeeper/runtime/secret';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { HttpError } from '../http/problem.ts';
import { sendResultPage } from '../http/result-page.ts';
import type { Limits } from '../limits/limits.ts';

export interface PersonRequestOptions {
  services: Services;
  publicUrl: string;
  appSecrets: readonly Secret[];
  limits: Limits;
}

/** What Facebook tells us of a person who removed the app, or wants their data deleted. */
export function mountPersonRequests(
  app: Express,
  { services, publicUrl, appSecrets, limits }: PersonRequestOptions,
): void {
  const parse = express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 20 });
  const form: RequestHandler = (request, response, next) =>
    parse(request, response, error => next(error && asRefusal(error)));
  const read = async (request: Request, response: Response) => {
    const { signed_request: signed } = request.body ?? {};
    const parsed = typeof signed === 'string' ? parseSignedRequest(signed, appSecrets) : null;
    if (parsed) return parsed;
    await limits.countStranger(request, response);
    throw new HttpError('wrong_signature', 'Send signed_request as Facebook signs it, in a form.');
  };
  app.post('/facebook/deauthorize', form, async (request, response) => {
    await revokeGrants(services, await read(request, response));
    response.status(200).json({ success: true });
  });
  app.post('/facebook/data-deletion', form, async (request, response) => {
    const code = await deletePersonData(services, await read(request, response));
    response
      .status(200)
      .json({ url: new URL(`/facebook/data-deletion/${code}`, publicUrl).href, confirmation_code: code });
  });
  app.get('/facebook/data-deletion/:code', async (request, response) => {
    const deletion = await readDeletionStatus(services, request.params.code);
    if (!deletion) await limits.countStranger(request, response);
    sendResultPage(response, deletion ? 200 : 404, deletion ? done(deletion) : unknown);
  });
}

/** What the parser says, in words about forms. */
function asRefusal(error: { status?: unknown }): unknown {
  if (error.status === 413) return new HttpError('body_too_large', 'A form may have 32 kB and 20 fields.');
  if (error.status === 415) return new HttpError('unsupported_media_type', 'Send the form in UTF-8.');
  return error;
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

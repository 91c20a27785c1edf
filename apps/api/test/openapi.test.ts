import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromiumPath, hasChromium } from '@pagekeeper/testing/chromium';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../src/endpoints.ts';
import { buildOpenApi } from '../src/http/openapi.ts';

const file = fileURLToPath(new URL('../openapi.json', import.meta.url));
const document = JSON.parse(JSON.stringify(buildOpenApi(endpoints)));

interface Operation {
  operationId: string;
  summary: string;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const operations: [key: string, Operation][] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as [string, Operation],
  ),
);

/** What was promised and the api serves; a new endpoint is added here by hand. */
const promised = `
GET    /v1/me
PATCH  /v1/me
DELETE /v1/me
GET    /v1/organizations
POST   /v1/organizations
GET    /v1/organizations/{organization}
PATCH  /v1/organizations/{organization}
DELETE /v1/organizations/{organization}
POST   /v1/organizations/{organization}/restore
GET    /v1/organizations/{organization}/overview
POST   /v1/organizations/{organization}/transfer-ownership
GET    /v1/organizations/{organization}/members
PATCH  /v1/organizations/{organization}/members/{member}
DELETE /v1/organizations/{organization}/members/{member}
GET    /v1/organizations/{organization}/invitations
POST   /v1/organizations/{organization}/invitations
POST   /v1/organizations/{organization}/invitations/{invitation}/resend
DELETE /v1/organizations/{organization}/invitations/{invitation}
POST   /v1/invitations/accept
POST   /v1/organizations/{organization}/purge
GET    /v1/purges/{purge}
GET    /v1/organizations/{organization}/api-keys
POST   /v1/organizations/{organization}/api-keys
POST   /v1/organizations/{organization}/api-keys/{key}/rotate
DELETE /v1/organizations/{organization}/api-keys/{key}
GET    /v1/organizations/{organization}/businesses
POST   /v1/organizations/{organization}/businesses
GET    /v1/organizations/{organization}/businesses/{business}
PATCH  /v1/organizations/{organization}/businesses/{business}
DELETE /v1/organizations/{organization}/businesses/{business}
POST   /v1/organizations/{organization}/businesses/{business}/restore
GET    /v1/organizations/{organization}/integrations
GET    /v1/organizations/{organization}/businesses/{business}/integrations
POST   /v1/organizations/{organization}/businesses/{business}/integrations
GET    /v1/organizations/{organization}/integrations/{integration}
PATCH  /v1/organizations/{organization}/integrations/{integration}
DELETE /v1/organizations/{organization}/integrations/{integration}
POST   /v1/organizations/{organization}/integrations/{integration}/restore
PUT    /v1/organizations/{organization}/integrations/{integration}/facebook-page
GET    /v1/organizations/{organization}/integrations/{integration}/health
GET    /v1/organizations/{organization}/integrations/{integration}/status-changes
POST   /v1/organizations/{organization}/integrations/{integration}/refresh
POST   /v1/organizations/{organization}/integrations/{integration}/reply-preview
GET    /v1/organizations/{organization}/events
GET    /v1/organizations/{organization}/events/stream
GET    /v1/organizations/{organization}/events/{event}
POST   /v1/organizations/{organization}/events/{event}/replay
POST   /v1/organizations/{organization}/events/replay
GET    /v1/organizations/{organization}/replies
GET    /v1/organizations/{organization}/replies/{reply}
POST   /v1/organizations/{organization}/businesses/{business}/facebook/connections
GET    /v1/organizations/{organization}/facebook/connections/{connection}
POST   /v1/organizations/{organization}/facebook/connections/{connection}/pages
GET    /facebook/oauth/callback
POST   /facebook/deauthorize
POST   /facebook/data-deletion
GET    /facebook/data-deletion/{code}
GET    /v1/organizations/{organization}/audit-events
GET    /v1/staff/organizations
POST   /v1/staff/organizations
POST   /v1/staff/organizations/{organization}/enter
GET    /v1/staff/users
GET    /v1/staff/system
GET    /v1/staff/jobs
POST   /v1/staff/jobs/{job}/retry
POST   /auth/sign-up/email
POST   /auth/sign-in/email
POST   /auth/sign-out
GET    /auth/get-session
POST   /auth/send-verification-email
GET    /auth/verify-email
POST   /auth/request-password-reset
GET    /auth/reset-password
POST   /auth/reset-password
POST   /auth/change-password
POST   /auth/change-email
GET    /auth/list-sessions
POST   /auth/revoke-session
POST   /auth/revoke-other-sessions
POST   /auth/two-factor/enable
POST   /auth/two-factor/verify-totp
POST   /auth/two-factor/verify-backup-code
POST   /auth/two-factor/generate-backup-codes
POST   /auth/two-factor/disable
GET    /webhooks/facebook
POST   /webhooks/facebook
GET    /healthz
GET    /readyz
GET    /ops/queues`;

describe('openapi.json', () => {
  it('is committed as the endpoints make it: npx vitest run apps/api/test/openapi.test.ts -u writes it anew', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('holds what was promised, and nothing else', () => {
    const lines = promised
      .trim()
      .split('\n')
      .map(line => line.replace(/ +/, ' '));
    expect(operations.map(([key]) => key).sort()).toEqual(lines.sort());
  });

  it('names every operation once, and declares every answer', () => {
    expect(document.openapi).toBe('3.1.0');
    const names = operations.map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    for (const [key, { responses, summary }] of operations.filter(([key]) => key.includes('/v1/'))) {
      expect(summary, key).not.toBe('');
      const statuses = Object.keys(responses).map(Number);
      expect(statuses, key).toEqual(expect.arrayContaining([400, 401, 404, 429, 503]));
      if (!key.startsWith('GET')) expect(statuses, key).toEqual(expect.arrayContaining([403, 413, 415]));
      for (const status of statuses.filter(status => status >= 400)) {
        expect(responses[status]!.content, key).toHaveProperty(['application/problem+json']);
      }
    }
  });

  it('declares for accounts, too, what every request may be refused with', () => {
    for (const [key, { responses }] of operations.filter(([key]) => key.includes('/auth/'))) {
      const statuses = Object.keys(responses).map(Number);
      const common = key.startsWith('POST') ? [400, 403, 413, 415, 429, 503] : [429, 503];
      expect(statuses, key).toEqual(expect.arrayContaining(common));
    }
  });

  it('lets no answer carry a field that is not declared, and no credential', () => {
    const { Integration, Problem, User, Session } = document.components.schemas;
    for (const schema of [Integration, Problem, User, Session]) expect(schema.additionalProperties).toBe(false);
    const answers = operations.flatMap(([, { responses }]) => Object.values(responses));
    const shown = fieldsOf([answers, document.components.schemas]);
    expect(shown.size).toBeGreaterThan(40);
    const credentials = [...shown].filter(field => /token|password|secret|key|hash/.test(field));
    // An API key's secret is shown once, in the answer that makes it. Two name notices: e-mails about tokens.
    expect(credentials.sort()).toEqual(['secret', 'token_dead', 'token_expiring', 'user_token_expires_at']);
    const withSecret = Object.entries(document.components.schemas).filter(([, schema]) =>
      fieldsOf(schema).has('secret'),
    );
    expect(withSecret.map(([name]) => name)).toEqual(['NewApiKey']);
    const showing = operations.filter(([, { responses }]) => JSON.stringify(responses).includes('NewApiKey'));
    expect(showing.map(([key]) => key.split('/').at(-1))).toEqual(['api-keys', 'rotate']);
  });

  /** The names of all properties that schemas in this value declare. */
  function fieldsOf(value: unknown, fields = new Set<string>()): Set<string> {
    if (typeof value !== 'object' || value === null) return fields;
    for (const [key, child] of Object.entries(value)) {
      if (key === 'properties') for (const field of Object.keys(child)) fields.add(field);
      fieldsOf(child, fields);
    }
    return fields;
  }
});

describe('a running api', () => {
  let network: Network;

  beforeAll(async () => {
    network = await startNetwork({ worker: false });
  }, 60_000);

  afterAll(() => network?.stop());

  it('serves the document to everybody', async () => {
    const answer = await network.anonymous.get('/openapi.json');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.body).toEqual(document);
  });

  it('serves a page of documentation that has all it needs from here, with no script and no style in it', async () => {
    const { status, text } = await network.anonymous.get('/docs');
    expect(status).toBe(200);
    const references = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1]!);
    expect(references.length).toBeGreaterThan(3);
    for (const reference of references) {
      expect(reference).toMatch(/^\/docs\//);
      expect((await network.anonymous.get(reference)).status).toBe(200);
    }
    expect(text).not.toMatch(/<script>|<style|style=|onload=/);
  });

  it.skipIf(!hasChromium)(
    'shows it in a browser, which finds nothing against our policy',
    async () => {
      const profile = await mkdtemp(join(tmpdir(), 'pagekeeper-docs-'));
      const flags = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        `--user-data-dir=${profile}`,
      ];
      const name = operations.find(([key]) => key.startsWith('PUT'))![1].operationId;
      const page = `${network.apiUrl}/docs#/Integrations/${name}`;
      const show = [...flags, '--enable-logging=stderr', '--virtual-time-budget=8000', '--dump-dom', page];
      const { stdout, stderr } = await promisify(execFile)(chromiumPath, show, { maxBuffer: 50_000_000 });
      await rm(profile, { recursive: true, force: true });
      // One of the last endpoints, drawn from the document, unfolded.
      expect(stdout).toContain('/facebook-page');
      expect(stdout).toContain('page_access_token');
      // What is blocked is told on the console, foreign requests among it.
      const said = stderr
        .split('\n')
        .filter(line => line.includes('CONSOLE') && !line.includes('Deprecated: escaping'));
      expect(said).toEqual([]);
    },
    90_000,
  );
});

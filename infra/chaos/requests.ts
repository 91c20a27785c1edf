import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { publicId } from '@pagekeeper/domain/ids';
import type { Tenant } from '../bench/tenants.ts';

/** The status of one GET, over a connection of its own; the kind of failure where there is none. */
export function statusOf(port: number, path: string, headers: Record<string, string> = {}): Promise<number | string> {
  return new Promise(resolve => {
    const options = { host: '127.0.0.1', port, path, headers, agent: false, timeout: 30_000 };
    const asked = request(options, answer => {
      answer.resume();
      answer.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'cut'));
      answer.on('end', () => resolve(answer.statusCode!));
    });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

interface Read {
  path: string;
  headers: Record<string, string>;
}

/** What an api key may read of its tenant, each kind of row that people look at; and who signed in, of themself. */
export function readsOf({ organization, pages, key, cookie }: Tenant): Read[] {
  const root = `/v1/organizations/${organization}`;
  const page = `${root}/integrations/${publicId('integration', pages[0]!.integrationId)}`;
  const lists = ['businesses', 'integrations', 'events', 'replies', 'members', 'overview'].map(
    list => `${root}/${list}`,
  );
  const headers = { Authorization: `Bearer ${key}` };
  const reads = [root, page, ...lists].map(path => ({ path, headers }));
  return [...reads, { path: '/v1/me', headers: { Cookie: cookie } }];
}

/** Programs that read all the time, one request after the other each, until it is stopped. */
export interface Readers {
  /** How often each status came. */
  stop(): Promise<Map<string, number>>;
}

export function startReaders(port: number, tenants: readonly Tenant[], everyMs: number): Readers {
  const answers = new Map<string, number>();
  let stopped = false;
  const read = async (tenant: Tenant) => {
    const reads = readsOf(tenant);
    for (let index = 0; !stopped; index += 1) {
      const { path, headers } = reads[index % reads.length]!;
      const answer = String(await statusOf(port, path, headers));
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      await sleep(everyMs);
    }
  };
  const reading = Promise.all(tenants.map(read));
  return {
    stop: async () => {
      stopped = true;
      await reading;
      return answers;
    },
  };
}

import { percentile } from '../median.ts';
import { type Answer, Connection } from './connection.ts';
import { buildRequests } from './deliveries.ts';
import type { LoadResult, Order, Reply, Work } from './protocol.ts';

// A process of its own: takes orders over the channel and ends with it.

interface Request {
  request: Buffer;
  expected: Buffer;
}

/** Gives the next request of a connection; null when there is none left. */
type Next = (connection: number) => Request | null;

function prepare(work: Work, port: number): Next {
  if (work.type === 'gets') {
    const prepared = work.requests.map(({ path, credentials, body }) => ({
      request: Buffer.from(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n${credentials}\r\n\r\n`,
      ),
      expected: Buffer.from(body),
    }));
    return connection => prepared[connection % prepared.length]!;
  }
  const requests = buildRequests(work.series, work.count, work.appSecret, port);
  const expected = Buffer.from('EVENT_RECEIVED');
  let next = 0;
  return () => {
    const request = requests[next];
    next += 1;
    return request ? { request, expected } : null;
  };
}

async function run({ port, connections, seconds, work }: Order): Promise<LoadResult> {
  const next = prepare(work, port);
  const latencies: number[] = [];
  const sentAt = new Float64Array(connections);
  const open: Connection[] = [];
  let end = Number.POSITIVE_INFINITY;
  let lastAnswer = 0;
  let busy = connections;
  let finish: (error?: Error) => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = error => (error ? reject(error) : resolve());
  });

  const send = (index: number, now: number) => {
    const request = now < end ? next(index) : null;
    if (request) {
      sentAt[index] = now;
      open[index]!.send(request.request, request.expected);
    } else {
      busy -= 1;
      if (busy === 0) finish();
    }
  };
  const answered = (index: number, { status, matches }: Answer) => {
    if (status !== 200 || !matches) {
      finish(new Error(`An answer had status ${status}${matches ? '' : ' and not the expected body'}.`));
      return;
    }
    const now = performance.now();
    latencies.push(now - sentAt[index]!);
    lastAnswer = now;
    send(index, now);
  };

  for (let index = 0; index < connections; index += 1) {
    open.push(await Connection.open(port, answer => answered(index, answer), finish));
  }
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  end = start + seconds * 1_000;
  for (let index = 0; index < connections; index += 1) send(index, start);
  try {
    await finished;
  } finally {
    for (const connection of open) connection.close();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const elapsedMs = lastAnswer - start;
  const sorted = Float64Array.from(latencies).sort();
  return {
    answers: latencies.length,
    seconds: elapsedMs / 1_000,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    generatorCpu: (user + system) / 1_000 / elapsedMs,
  };
}

process.on('message', (order: Order) => {
  run(order).then(
    result => process.send?.({ result } satisfies Reply),
    (error: Error) => process.send?.({ error: error.message } satisfies Reply),
  );
});
process.on('disconnect', () => process.exit());

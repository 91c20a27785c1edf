import { get } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Balancer {
  port: number;
  /** Where it sends connections now. */
  ready(): number[];
  /** Which api came in or went out when and why, a line each: for who wonders why nobody answered. */
  history(): string[];
  stop(): Promise<void>;
}

const lookEveryMs = 100;
/** Our chart's `timeoutSeconds`. */
const lookTimeoutMs = 4_000;
/** Kubernetes' own `failureThreshold`, with which our chart asks: one slow answer of a busy machine is no reason. */
const failuresUntilOut = 3;

/**
 * A balancer as they are everywhere: connections go by turns to the apis whose `/readyz` says 200, asked as our chart
 * asks. One answer brings an api in, three failures in a row take it out, and at once where nobody listens.
 * @param options.whenNoneIsReady `try`: a busy machine that answers no look in time may still answer people
 */
export async function startBalancer(
  port: number,
  targets: readonly number[],
  { whenNoneIsReady = 'refuse' }: { whenNoneIsReady?: 'refuse' | 'try' } = {},
): Promise<Balancer> {
  const open = new Set<Socket>();
  const ready = new Set(targets);
  const history: string[] = [];
  let stopped = false;
  // Each at its own pace: one that is slow to answer says nothing about the others.
  for (const target of targets) {
    void (async () => {
      for (let failures = 0; !stopped; await sleep(lookEveryMs, undefined, { ref: false })) {
        const seen = await look(target);
        failures = seen === 'ready' ? 0 : failures + 1;
        const isIn = seen === 'ready' || (ready.has(target) && seen !== 'gone' && failures < failuresUntilOut);
        if (isIn !== ready.has(target)) history.push(`${new Date().toISOString()} ${target} is ${seen}`);
        if (isIn) ready.add(target);
        else ready.delete(target);
      }
    })();
  }
  let next = 0;
  const server = createServer(incoming => {
    open.add(incoming);
    incoming.on('close', () => open.delete(incoming));
    incoming.on('error', () => {});
    const candidates = ready.size === 0 && whenNoneIsReady === 'try' ? targets : [...ready];
    const target = candidates[next % candidates.length];
    next += 1;
    if (target === undefined) incoming.destroy();
    else join(incoming, connect(target, '127.0.0.1'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    ready: () => [...ready],
    history: () => [...history],
    stop: () =>
      new Promise(resolve => {
        stopped = true;
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

const look = (port: number): Promise<'ready' | 'not ready' | 'gone'> =>
  new Promise(resolve => {
    const asked = get(
      { host: '127.0.0.1', port, path: '/readyz?exclude=queue', agent: false, timeout: lookTimeoutMs },
      answer => {
        answer.resume();
        resolve(answer.statusCode === 200 ? 'ready' : 'not ready');
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'gone' : 'not ready'));
  });

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.end());
    from.pipe(to);
  }
}

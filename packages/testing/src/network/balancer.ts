import { get } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Balancer {
  port: number;
  /** Where it sends connections now. */
  ready(): number[];
  stop(): Promise<void>;
}

const lookEveryMs = 100;

/**
 * A balancer as they are everywhere: connections go by turns to the apis whose `/readyz` said 200 when it looked last,
 * asked as our chart asks.
 * @param options.whenNoneIsReady `try`: a busy machine that answers no look in time may still answer people
 */
export async function startBalancer(
  port: number,
  targets: readonly number[],
  { whenNoneIsReady = 'refuse' }: { whenNoneIsReady?: 'refuse' | 'try' } = {},
): Promise<Balancer> {
  const open = new Set<Socket>();
  const ready = new Set(targets);
  let stopped = false;
  // Each at its own pace: one that is slow to answer says nothing about the others.
  for (const target of targets) {
    void (async () => {
      for (; !stopped; await sleep(lookEveryMs, undefined, { ref: false })) {
        if (await isReady(target)) ready.add(target);
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
    stop: () =>
      new Promise(resolve => {
        stopped = true;
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

const isReady = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const asked = get(
      { host: '127.0.0.1', port, path: '/readyz?exclude=queue', agent: false, timeout: 2_000 },
      answer => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
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

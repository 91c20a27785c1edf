import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis } from './ask-redis.ts';
import { findRedis } from './redis.ts';
import { freePort } from './system/ports.ts';
import { endProcess } from './system/process.ts';

export interface RunningCluster {
  /** One node's; it names the others. */
  url: string;
  /** Every master's. */
  ports: readonly number[];
  stop(): Promise<void>;
}

interface Node {
  port: number;
  /** Where the nodes talk to each other. */
  busPort: number;
  pid: number;
}

const slots = 16_384;
const masters = 3;

/**
 * Starts a Redis Cluster of three masters on 127.0.0.1, without replicas and without persistence.
 * @param parentFolder where its working folder is made
 */
export async function startRedisCluster(parentFolder = tmpdir()): Promise<RunningCluster> {
  if (findRedis() === null) throw new Error('There is no redis-server here: apt-get install redis-server.');
  const folder = mkdtempSync(join(parentFolder, 'redis-cluster-'));
  const nodes: Node[] = [];
  const stop = async () => {
    await Promise.all(nodes.map(({ pid }) => endProcess(pid, [{ signal: 'SIGKILL', waitMs: 5_000 }])));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < masters; index += 1) nodes.push(await launch(folder, index));
    const share = Math.ceil(slots / masters);
    for (const [index, { port }] of nodes.entries()) {
      const last = Math.min((index + 1) * share, slots) - 1;
      await askRedis(port, 'CLUSTER', 'ADDSLOTSRANGE', String(index * share), String(last));
      await askRedis(port, 'CLUSTER', 'MEET', '127.0.0.1', String(nodes[0]!.port), String(nodes[0]!.busPort));
    }
    for (const { port } of nodes) await untilWhole(port);
    const ports = nodes.map(({ port }) => port);
    return { url: `redis://127.0.0.1:${ports[0]}`, ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function launch(folder: string, index: number): Promise<Node> {
  const port = await freePort();
  // Ten thousand above, as is the custom, an outgoing connection may have it.
  const busPort = await freePort();
  const settings = {
    port,
    'cluster-port': busPort,
    bind: '127.0.0.1',
    dir: folder,
    'cluster-enabled': 'yes',
    'cluster-config-file': `nodes-${index}.conf`,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', flags, { stdio: 'ignore', detached: true });
  child.unref();
  if (child.pid === undefined) throw new Error('redis-server did not start.');
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (await askRedis(port, 'PING').catch(() => null)) return { port, busPort, pid: child.pid };
    await sleep(20);
  }
  child.kill('SIGKILL');
  throw new Error(`redis-server did not start on port ${port}.`);
}

async function untilWhole(port: number): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    const info = await askRedis(port, 'CLUSTER', 'INFO');
    if (/cluster_state:ok/.test(info) && info.includes(`cluster_known_nodes:${masters}`)) return;
    await sleep(50);
  }
  throw new Error('The Redis Cluster did not become whole.');
}

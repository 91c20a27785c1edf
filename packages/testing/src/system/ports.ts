import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections, one of which could have it before it is used or used again. */
const lowest = 20_000;
const highest = 32_767;

/** What was given a moment ago is free by all appearances until it is used: each process goes through its own ports. */
const portsOfOne = 64;
const firstOfOurs = lowest + (process.pid % Math.floor((highest + 1 - lowest) / portsOfOne)) * portsOfOne;
let given = randomInt(portsOfOne);

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  let error: string | null = null;
  for (let tries = 0; tries < portsOfOne; tries += 1) {
    given += 1;
    const port = firstOfOurs + (given % portsOfOne);
    error = await listenError(port, '127.0.0.1');
    if (error === null) return port;
  }
  throw new Error(`No port of 127.0.0.1 can be had: ${error}.`);
}

/**
 * Why this port cannot be served on, as a sentence for the person who started us; null when it can.
 * `variable` is the environment variable that moves it, `command` what they typed.
 */
export async function portProblem(port: number, variable: string, command: string): Promise<string | null> {
  // A listener on one address only does not clash with the wildcard on every system: ask for both.
  const codes = [await listenError(port, '127.0.0.1'), await listenError(port, '::')];
  const instead = `${variable}=${port < 65_535 ? port + 1 : port - 1} ${command}`;
  if (codes.includes('EADDRINUSE')) return `Port ${port} is taken. Stop what uses it or start with ${instead}.`;
  if (codes.includes('EACCES')) return `Port ${port} is for root only here. Start with ${variable}=4001 ${command}.`;
  return null;
}

function listenError(port: number, host: string): Promise<string | null> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

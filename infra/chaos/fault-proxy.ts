import { connect, createServer, type Socket } from 'node:net';

/** What the network does to every connection through the proxy, to open ones too. */
export type NetworkFault =
  /** What is said arrives so much later, in both directions. */
  | { type: 'latency'; ms: number }
  /** What is asked arrives, and no answer comes back; nobody hears of an end either. */
  | { type: 'half_open' }
  /** Connections break (RST) as soon as so many bytes of answers have passed; 0: what was asked has arrived by then. */
  | { type: 'reset'; afterBytes: number }
  /** Connections are taken, and nothing passes in either direction. */
  | { type: 'blackhole' }
  /** Every connection breaks at once, and every new one too. */
  | { type: 'drop' };

/** A TCP proxy on loopback, before one server, that behaves until it is told not to. */
export interface FaultProxy {
  port: number;
  /** From now on this, instead of what was before. Connections that lost something break when it is over, as they would. */
  fail(fault: NetworkFault): void;
  heal(): void;
  /** How many connections the fault of now, or else the last one, has harmed. */
  harmed(): number;
  stop(): Promise<void>;
}

/** @param targetPort of the server on 127.0.0.1 */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const links = new Set<Link>();
  let fault: NetworkFault | null = null;
  let harmed = 0;
  const onHarm = () => {
    harmed += 1;
  };
  const server = createServer({ allowHalfOpen: true }, incoming => {
    const behind = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const link = new Link(incoming, behind, () => fault, onHarm);
    links.add(link);
    link.onceClosed(() => links.delete(link));
    if (fault) link.begin();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const change = (next: NetworkFault | null) => {
    fault = next;
    if (next) harmed = 0;
    for (const link of links) link.begin();
  };
  return {
    port: (server.address() as { port: number }).port,
    fail: change,
    heal: () => change(null),
    harmed: () => harmed,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const link of links) link.break();
      }),
  };
}

/** One connection, and the one behind it. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #fault: () => NetworkFault | null;
  /** Something was swallowed: the stream cannot go on. */
  #isTorn = false;
  /** Told once for each fault that has changed anything here. */
  readonly #onHarm: () => void;
  #isHarmed = false;
  /** Bytes of answers since the fault began. */
  #answered = 0;
  /** What is late leaves in the order in which it came. */
  #toFar: Promise<void> = Promise.resolve();
  #toNear: Promise<void> = Promise.resolve();

  constructor(near: Socket, far: Socket, fault: () => NetworkFault | null, onHarm: () => void) {
    this.#near = near;
    this.#far = far;
    this.#fault = fault;
    this.#onHarm = onHarm;
    near.setNoDelay();
    far.setNoDelay();
    near.on('data', chunk => this.#ask(() => far.write(chunk)));
    near.on('end', () => this.#ask(() => far.end()));
    far.on('data', chunk => this.#answer(chunk));
    far.on('end', () => this.#answer(null));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', hadError => {
        // Behind a line that is silent nobody hears of it.
        if (this.#isSilent()) this.#isTorn = true;
        else if (hadError) other.resetAndDestroy();
        else if (!socket.readableEnded) other.destroy();
      });
    }
  }

  /** The fault is another one now, or over. */
  begin(): void {
    this.#answered = 0;
    this.#isHarmed = false;
    const fault = this.#fault();
    if (fault?.type === 'drop') this.#harm();
    if (fault?.type === 'drop' || (this.#isTorn && !this.#isSilent())) this.break();
  }

  /** RST on both sides. */
  break(): void {
    for (const socket of [this.#near, this.#far]) socket.resetAndDestroy();
  }

  onceClosed(told: () => void): void {
    let open = 2;
    for (const socket of [this.#near, this.#far]) {
      socket.once('close', () => {
        open -= 1;
        if (open === 0) told();
      });
    }
  }

  #harm(): void {
    if (!this.#isHarmed) this.#onHarm();
    this.#isHarmed = true;
  }

  #isSilent(): boolean {
    const type = this.#fault()?.type;
    return type === 'blackhole' || type === 'half_open';
  }

  #ask(pass: () => unknown): void {
    const fault = this.#fault();
    if (fault?.type === 'blackhole' || fault?.type === 'latency') this.#harm();
    if (fault?.type === 'blackhole') this.#isTorn = true;
    else if (fault?.type === 'latency') this.#toFar = this.#later(this.#toFar, fault.ms, pass);
    // Behind what is late still.
    else void this.#toFar.then(pass);
  }

  /** @param chunk null for the end */
  #answer(chunk: Buffer | null): void {
    const fault = this.#fault();
    if (fault) this.#harm();
    const pass = () => (chunk ? this.#near.write(chunk) : this.#near.end());
    if (this.#isSilent()) {
      this.#isTorn = true;
    } else if (fault?.type === 'latency') {
      this.#toNear = this.#later(this.#toNear, fault.ms, pass);
    } else if (fault?.type === 'reset' && chunk) {
      const rest = fault.afterBytes - this.#answered;
      this.#answered += chunk.length;
      if (chunk.length < rest) void this.#toNear.then(pass);
      else {
        if (rest > 0) this.#near.write(chunk.subarray(0, rest));
        // What was let through is read first.
        setTimeout(() => this.break(), 10);
      }
    } else {
      void this.#toNear.then(pass);
    }
  }

  #later(before: Promise<void>, ms: number, pass: () => unknown): Promise<void> {
    const late = new Promise<void>(resolve => setTimeout(resolve, ms));
    return Promise.all([before, late]).then(() => void pass());
  }
}

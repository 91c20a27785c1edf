import { setTimeout as sleep } from 'node:timers/promises';
import { failpoints } from '@pagekeeper/runtime/failpoint';
import { type StartedProcess, startProcess } from '@pagekeeper/testing/processes';

export interface Member extends StartedProcess {
  /** Settles with the name when the process says that it has reached its failpoint. */
  reachedFailpoint: Promise<string>;
}

/** The processes of a run: starts them as they were built, and knows all that may still live. */
export class Crew {
  readonly #living = new Set<Member>();
  /** The last lines that were warnings or worse, to be shown when a promise is broken. */
  readonly complaints: string[] = [];

  async start(app: string, env: Readonly<Record<string, string>>): Promise<Member> {
    let reached: (name: string) => void = () => {};
    const reachedFailpoint = new Promise<string>(resolve => {
      reached = resolve;
    });
    const started = await startProcess({
      name: app,
      entry: `apps/${app}/dist/main.js`,
      env,
      onLine: (line, stream) => {
        const name = stream === 'stderr' ? failpointIn(line) : null;
        if (name) reached(name);
        else this.#complain(app, line);
      },
      // The machine is busy with starting others.
      readyDeadlineMs: 60_000,
    });
    const member = { ...started, reachedFailpoint };
    this.#living.add(member);
    void member.exited.then(() => this.#living.delete(member));
    return member;
  }

  /** Those of one app that live. */
  living = (app: string): Member[] => [...this.#living].filter(({ name }) => name === app);

  /** Ends all, also those that are stopped. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#living].map(member => member.kill()));
  }

  #complain(app: string, line: string): void {
    this.complaints.push(`${app}: ${line.slice(0, 500)}`);
    if (this.complaints.length > 200) this.complaints.shift();
  }
}

/** Waits for its death. Resolves with the failpoint that killed it, null where it was anything else. */
export async function failpointOf({ exited, reachedFailpoint }: Member): Promise<string | null> {
  const { signal } = await exited;
  const reached = await Promise.race([reachedFailpoint, sleep(0, null)]);
  return signal === 'SIGKILL' ? reached : null;
}

function failpointIn(line: string): string | null {
  const name = /^failpoint (\S+)$/.exec(line)?.[1];
  return failpoints.find(known => known === name) ?? null;
}

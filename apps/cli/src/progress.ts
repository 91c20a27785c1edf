import { progress as openBar } from '@clack/prompts';

/** How far a long command has come. */
export interface Progress {
  /** `done` more are behind us. */
  advance(done: number): void;
  /** Ends it, with a sentence or without one. */
  end(sentence?: string): void;
}

interface ProgressOptions {
  what: string;
  total: number;
  note(line: string): void;
}

/** A bar on a terminal; elsewhere a line a second, so that a log shows that it lives. */
export function openProgress(options: ProgressOptions): Progress {
  return process.stderr.isTTY ? openTerminalBar(options) : openLines(options);
}

function openTerminalBar({ what, total }: ProgressOptions): Progress {
  const bar = openBar({ max: Math.max(total, 1), output: process.stderr, style: 'heavy' });
  let behind = 0;
  bar.start(lineOf(what, behind, total));
  return {
    advance(done) {
      behind += done;
      bar.advance(done, lineOf(what, behind, total));
    },
    end: sentence => bar.stop(sentence ?? lineOf(what, behind, total)),
  };
}

const lineMs = 1_000;

function openLines({ what, total, note }: ProgressOptions): Progress {
  let behind = 0;
  let said = '';
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = () => {
    const line = lineOf(what, behind, total);
    if (line !== said) note(line);
    said = line;
    saidAt = performance.now();
  };
  return {
    advance(done) {
      behind += done;
      if (performance.now() - saidAt >= lineMs) say();
    },
    end: sentence => (sentence === undefined ? say() : note(sentence)),
  };
}

const lineOf = (what: string, behind: number, total: number): string => {
  const [done, all] = [behind, Math.max(total, behind)].map(count => count.toLocaleString('en-US'));
  const percent = total > 0 ? ` (${Math.min(100, Math.floor((behind / total) * 100))} %)` : '';
  return `${what}: ${done} of ${all}${percent}`;
};

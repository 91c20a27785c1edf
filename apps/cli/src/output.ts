import { openProgress, type Progress } from './progress.ts';

/** What a command says, and to whom: results on standard output, everything else on standard error. */
export interface Output {
  /** The command's result: for people the text, for programs the value, as the one JSON document on standard output. */
  result(value: unknown, text: string | readonly string[]): void;
  /** Something on the way to the result. */
  note(sentence: string): void;
  progress(what: string, total: number): Progress;
}

export function openOutput({ json = false }: { json?: boolean }): Output {
  const note = (sentence: string) => void process.stderr.write(`${sentence}\n`);
  return {
    note,
    result(value, text) {
      const lines = typeof text === 'string' ? text : text.join('\n');
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
      else if (lines !== '') process.stdout.write(`${lines}\n`);
    },
    progress: (what, total) => openProgress({ what, total, note }),
  };
}

/** Rows below their heads, each column as wide as it must be. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map(row => row[column]!.length)));
  return all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** 12,345 */
export const figure = (count: number): string => count.toLocaleString('en-US');

/** `1 organization`, `2 organizations` */
export const counted = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${figure(count)} ${count === 1 ? noun : nouns}`;

import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Where the lines of one process go. */
export interface ProcessLog {
  line(text: string): void;
  close(): void;
}

const maxBytes = 20 * 1024 * 1024;
const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: Number.POSITIVE_INFINITY };

export type TerminalLevel = keyof typeof levels;

/**
 * Opens `logs/<name>.log` anew for all lines of a process; those of `level` and above also go to the terminal, as
 * one short line each. A file that outgrows 20 MB moves to `.old`, so a long run cannot fill the disk.
 */
export function openProcessLog(folder: string, name: string, level: TerminalLevel): ProcessLog {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.log`);
  let file = openSync(path, 'w', 0o600);
  let written = 0;
  let closed = false;
  const line = (text: string) => {
    if (closed) return;
    written += writeSync(file, `${text}\n`);
    if (written > maxBytes) {
      closeSync(file);
      renameSync(path, `${path}.old`);
      file = openSync(path, 'w', 0o600);
      written = 0;
    }
    const short = shorten(name, text, levels[level]);
    if (short) process.stdout.write(`${short}\n`);
  };
  const close = () => {
    if (!closed) closeSync(file);
    closed = true;
  };
  return { line, close };
}

interface LogLine {
  level?: number;
  time?: number;
  msg?: string;
  err?: { message?: string };
}

/** A JSON log line as a person wants it; null when it is below the threshold. What is not JSON is shown as it is. */
export function shorten(name: string, text: string, threshold: number): string | null {
  const entry = parseLine(text);
  if (!entry) return text.trim() === '' ? null : `${name.padEnd(9)} ${text}`;
  if ((entry.level ?? 0) < threshold) return null;
  const time = new Date(entry.time ?? Date.now()).toTimeString().slice(0, 8);
  const level = Object.entries(levels).find(([, number]) => number === entry.level)?.[0] ?? String(entry.level);
  const words = [entry.msg, entry.err?.message].filter(Boolean).join(': ');
  return `${time} ${name.padEnd(9)} ${level.toUpperCase().padEnd(5)} ${words}`;
}

function parseLine(text: string): LogLine | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}

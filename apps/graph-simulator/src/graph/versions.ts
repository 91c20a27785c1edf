import { nowMs } from '../state/clock.ts';
import type { State } from '../state/state.ts';
import { unknownPath } from './errors.ts';

/** Version and the day until which it is usable, oldest first. The last has no end yet. */
const versions: [version: string, usableUntil: string][] = [
  ['v19.0', '2026-05-21'],
  ['v20.0', '2026-09-24'],
  ['v21.0', '2027-01-21'],
  ['v22.0', '2027-05-20'],
  ['v23.0', '2027-10-08'],
  ['v24.0', '2028-02-18'],
  ['v25.0', '2028-07-29'],
  ['v26.0', '9999-12-31'],
];

/**
 * Splits a path into the version that serves it and the rest. An expired version, and none, are served by the oldest
 * usable one; a version that never was is an unknown path.
 */
export function resolveVersion(state: State, path: string): { version: string; segments: string[] } {
  const [first, ...rest] = path.split('/').filter(segment => segment !== '');
  const asked = first && /^v\d+\.\d+$/.test(first) ? first : undefined;
  const segments = asked ? rest : [first, ...rest].filter(segment => segment !== undefined);
  const usable = usableVersions(state);
  if (!asked) return { version: usable[0]!, segments };
  if (usable.includes(asked)) return { version: asked, segments };
  if (!existed(asked)) throw unknownPath(path);
  return { version: usable[0]!, segments };
}

/** The versions usable at the virtual time, oldest first. */
export function usableVersions(state: State): string[] {
  const today = new Date(nowMs(state)).toISOString().slice(0, 10);
  const usable = versions.filter(([, until]) => today < until).map(([version]) => version);
  return usable.length > 0 ? usable : [versions.at(-1)![0]];
}

/** Whether a version, which is not usable now, ever was. Those before the table are taken at their word. */
function existed(asked: string): boolean {
  const oldest = Number(versions[0]![0].slice(1));
  return Number(asked.slice(1)) < oldest || versions.some(([version]) => version === asked);
}

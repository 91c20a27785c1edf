/**
 * Forgets the oldest entries of a map, so that `kept` are left. In large pieces: a map that loses its first entry again
 * and again gets slow, since it looks for the next one behind all that were there.
 */
export function forgetOldest(map: Map<unknown, unknown>, kept: number): void {
  if (map.size < kept * 1.25) return;
  let excess = map.size - kept;
  for (const key of map.keys()) {
    if (excess === 0) return;
    map.delete(key);
    excess -= 1;
  }
}

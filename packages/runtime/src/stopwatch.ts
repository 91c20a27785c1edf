/**
 * Starts a stopwatch. @returns milliseconds since then, by the clock of the two that says more: the monotonic one stands
 * still while the machine is suspended, and the other is set by hand and by NTP.
 */
export function stopwatch(): () => number {
  const [monotonic, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - monotonic, Date.now() - wall);
}

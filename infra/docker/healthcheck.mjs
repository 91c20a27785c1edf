// Whether the process in this container answers, for Docker: exits with 0 or 1. The worker answers on METRICS_PORT; of
// one without it Docker knows only that the process lives.
const { APP, PORT, METRICS_PORT } = process.env;
const port = APP === 'api' ? PORT : METRICS_PORT;

if (port) {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
}

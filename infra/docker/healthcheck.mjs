// Whether the process in this container answers, for Docker: exits with 0 or 1. The worker serves no HTTP, so of it
// Docker knows only that the process lives.
const { APP, PORT } = process.env;

if (APP === 'api') {
  const answer = await fetch(`http://127.0.0.1:${PORT}/healthz`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
}

import { METHODS } from 'node:http';
import type { Metrics } from '@pagekeeper/runtime/metrics/metrics';
import type { Request, RequestHandler, Response } from 'express';

/** In seconds. A list takes some milliseconds; a statement is given up after ten seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The caller left before the answer was out; as nginx calls it. */
const leftEarly = '499';

/**
 * Rate, errors and durations by method and the template of the route. Never by the path itself: it names tenants, and
 * anybody can make up new ones.
 */
export function requestMetrics(metrics: Metrics): RequestHandler {
  const requests = metrics.counter({
    name: 'pagekeeper_http_requests_total',
    help: 'Requests by method, template of the route, and status.',
    labels: ['method', 'route', 'status'],
  });
  const durations = metrics.histogram({
    name: 'pagekeeper_http_request_duration_seconds',
    help: 'How long answers took; streams left out.',
    labels: ['method', 'route'],
    buckets,
  });
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const labels = { method: methodOf(request), route: templateOf(request, response) };
      const status = response.writableFinished ? String(response.statusCode) : leftEarly;
      requests.inc({ ...labels, status });
      if (!isStream(response)) durations.observe(labels, (performance.now() - startedAt) / 1_000);
    });
    next();
  };
}

const known = new Set(METHODS);
const methodOf = ({ method }: Request): string => (known.has(method) ? method : 'other');

/** As the documentation writes it: `/v1/organizations/{organization}`. */
function templateOf(request: Request, response: Response): string {
  const path: unknown = response.locals.template ?? request.route?.path;
  return typeof path === 'string' ? path.replaceAll(/:(\w+)/g, '{$1}') : 'none';
}

const isStream = (response: Response): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream');

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

interface Described<Label extends string> {
  /** In full, as it is searched for: `pagekeeper_jobs_total`. */
  name: string;
  help: string;
  /** Of few values each, and never a tenant, a page, a person or a path. */
  labels?: readonly Label[];
}

/** The figures of one process, as Prometheus reads them. The only place that knows prom-client. */
export class Metrics {
  readonly #registry = new Registry();
  readonly contentType = this.#registry.contentType;

  /** @param app which program it is, on every figure */
  constructor(app: string) {
    this.#registry.setDefaultLabels({ app });
    // Memory, garbage collection, event loop lag.
    collectDefaultMetrics({ register: this.#registry });
  }

  counter<Label extends string = never>(metric: Described<Label>): Counter<Label> {
    return new Counter(this.#configured(metric));
  }

  /** @param metric.read called at each scrape; what it sets is shown */
  gauge<Label extends string = never>(
    metric: Described<Label> & { read?: (gauge: Gauge<Label>) => void | Promise<void> },
  ): Gauge<Label> {
    const { read } = metric;
    return new Gauge({
      ...this.#configured(metric),
      ...(read && {
        collect() {
          return read(this as Gauge<Label>);
        },
      }),
    });
  }

  /** @param metric.buckets upper bounds, in the unit of the name */
  histogram<Label extends string = never>(metric: Described<Label> & { buckets: readonly number[] }): Histogram<Label> {
    return new Histogram({ ...this.#configured(metric), buckets: [...metric.buckets] });
  }

  /** A counter that somebody else counts: shows at each scrape what they have. */
  total<Label extends string>(
    metric: Described<Label> & { read: () => Iterable<readonly [labels: Record<Label, string>, count: number]> },
  ): void {
    new Counter({
      ...this.#configured(metric),
      collect() {
        this.reset();
        for (const [labels, count] of metric.read()) this.inc(labels, count);
      },
    });
  }

  /** Everything, in Prometheus's text format. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  #configured<Label extends string>({ name, help, labels = [] }: Described<Label>) {
    return { name, help, labelNames: labels, registers: [this.#registry] };
  }
}

/** What a process shows to Prometheus. */
export interface Scrape {
  /** All of it, as text. */
  text: string;
  /** The names of its metrics, those without a figure yet too. */
  names: ReadonlySet<string>;
  /** The labels of each metric's figures: `pagekeeper_jobs_total` → kind, outcome. */
  labelNames: ReadonlySet<string>;
  /** The sum of a metric's figures whose labels have these values. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** Reads `/metrics` on this port of this machine. */
export async function scrape(port: string): Promise<Scrape> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`GET /metrics on port ${port}: ${response.status} ${text}`);
  const samples = text.split('\n').flatMap(line => {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name ? [{ name, labels: parseLabels(labels), value: Number(value) }] : [];
  });
  return {
    text,
    names: new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!)),
    labelNames: new Set(samples.flatMap(({ labels }) => Object.keys(labels))),
    sum: (name, wanted = {}) =>
      samples
        .filter(sample => sample.name === name)
        .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
        .reduce((total, { value }) => total + value, 0),
  };
}

const parseLabels = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name!, value!]));

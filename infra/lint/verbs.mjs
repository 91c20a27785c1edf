// @ts-check
// A lint of our own: a verb that opens a writing door authorizes first and audits last.
//   node infra/lint/verbs.mjs    checks the verbs of packages/domain and exits with 1 when it found something
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

const doors = ['withTenant', 'withNewTenant', 'withTenantToErase', 'withStaffEntry'];
/** Below the verbs: what they are made of. */
const foundations = ['access', 'audit', 'claims', 'database', 'idempotency', 'mail', 'tenancy', 'vault'];
/** What jobs do, which act for the organization itself, and what others do once somebody's right was asked for. */
const jobFiles = new Set([
  'facebook/check-login.ts',
  'facebook/check-in-turn.ts',
  'connections/forget-connections.ts',
  'facebook/tell-of-move.ts',
  'facebook/leave-overtaken.ts',
  'facebook/unsubscribe-page.ts',
  'invitations/send-invitation.ts',
  'keys/check-keys.ts',
  'keys/id-windows.ts',
  'keys/replace-data-key.ts',
  'keys/rotate-data-keys.ts',
  'keys/reseal-column.ts',
  'keys/rewrap-data-keys.ts',
  'notifications/send-notifications.ts',
  'replies/drain-events.ts',
  'replies/reconcile-reply.ts',
  'replies/send-reply.ts',
  'replies/store-outcome.ts',
  'replies/unpark-events.ts',
]);

/**
 * @typedef {{ line: number, message: string }} Finding
 * @typedef {import('oxc-parser').Node} Node
 * @typedef {import('oxc-parser').CallExpression} CallExpression
 */

/**
 * What is wrong with the doors that one file opens.
 * @param {string} source TypeScript
 * @param {string} [file] for messages of the parser
 * @returns {Finding[]}
 */
export function checkVerb(source, file = 'verb.ts') {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) return [{ line: 1, message: `cannot be parsed: ${errors[0]?.message}` }];
  /** @type {Finding[]} */
  const findings = [];
  const nameOf = namesIn(program);
  new Visitor({
    CallExpression(call) {
      const door = nameOf(call);
      if (!door || !doors.includes(door)) return;
      const line = source.slice(0, call.start).split('\n').length;
      for (const message of faultsOf(call, nameOf, isReadOnly(call)))
        findings.push({ line, message: `${door}: ${message}` });
    },
  }).visit(program);
  return findings;
}

/** @typedef {(node: Node | null | undefined) => string | undefined} NameOf the function that a call calls, by the name it was exported under */

/**
 * @param {import('oxc-parser').Program} program
 * @returns {NameOf}
 */
function namesIn(program) {
  /** @type {Map<string, string>} */
  const imported = new Map();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration') continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') continue;
      imported.set(specifier.local.name, specifier.imported.name);
    }
  }
  return node => {
    if (node?.type !== 'CallExpression') return undefined;
    const { callee } = node;
    if (callee.type === 'Identifier') return imported.get(callee.name);
    // import * as doors
    return callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
      ? callee.property.name
      : undefined;
  };
}

/** @param {CallExpression} call */
function isReadOnly(call) {
  const options = call.arguments[1];
  if (options?.type !== 'ObjectExpression') return false;
  const at = options.properties.findIndex(
    property =>
      property.type === 'Property' &&
      property.key.type === 'Identifier' &&
      property.key.name === 'readOnly' &&
      property.value.type === 'Literal' &&
      property.value.value === true,
  );
  // A later spread could take it back.
  return at !== -1 && !options.properties.slice(at).some(property => property.type === 'SpreadElement');
}

/**
 * @param {CallExpression} call
 * @param {NameOf} nameOf
 * @param {boolean} readOnly reads leave no line in the audit log
 * @returns {string[]}
 */
function faultsOf(call, nameOf, readOnly) {
  const work = call.arguments.at(-1);
  if (work?.type !== 'ArrowFunctionExpression' || work.body.type !== 'BlockStatement') {
    return ['write the transaction out as `async tx => { … }`, so that one reads what it authorizes and audits'];
  }
  const [parameter] = work.params;
  const tx = parameter?.type === 'Identifier' ? parameter.name : undefined;
  const { body } = work.body;
  /** @param {Node | null | undefined} node @param {string} name */
  const calls = (node, name) =>
    node?.type === 'CallExpression' && nameOf(node) === name && isName(node.arguments[0], tx);
  const faults = [];
  if (!calls(withoutAwait(body[0]), 'authorize')) faults.push('the first statement must be `authorize(tx, …)`');
  if (readOnly) return faults;
  const at = body.findIndex(statement => isAwaited(statement) && calls(withoutAwait(statement), 'audit'));
  if (at === -1) return [...faults, 'the transaction must end with `await audit(tx, …)`, under no condition'];
  if (body.slice(at + 1).some(statement => holds(statement, node => isWork(node, tx)))) {
    faults.push('nothing may be done in the transaction after `audit(tx, …)`');
  }
  if (body.slice(0, at).some(statement => holds(statement, node => node.type === 'ReturnStatement'))) {
    faults.push('there is a way out before `audit(tx, …)`');
  }
  return faults;
}

/** @param {Node | undefined} statement */
const expressionOf = statement =>
  statement?.type === 'ExpressionStatement'
    ? statement.expression
    : statement?.type === 'ReturnStatement'
      ? statement.argument
      : undefined;

/** @param {Node | undefined} statement */
const isAwaited = statement => expressionOf(statement)?.type === 'AwaitExpression';

/** @param {Node | undefined} statement */
function withoutAwait(statement) {
  const expression = expressionOf(statement);
  return expression?.type === 'AwaitExpression' ? expression.argument : expression;
}

/** @param {Node | undefined} node @param {string | undefined} name */
const isName = (node, name) => name !== undefined && node?.type === 'Identifier' && node.name === name;

/** Something awaited, or a call of the transaction or with it. @param {Node} node @param {string | undefined} tx */
function isWork(node, tx) {
  if (node.type === 'AwaitExpression') return true;
  if (node.type !== 'CallExpression') return false;
  const called = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee;
  return isName(called, tx) || node.arguments.some(argument => isName(argument, tx));
}

/**
 * Whether such a node stands in the statement itself; functions inside it have their own returns.
 * @param {unknown} value
 * @param {(node: Node) => boolean} isSuch
 * @returns {boolean}
 */
function holds(value, isSuch) {
  if (Array.isArray(value)) return value.some(child => holds(child, isSuch));
  if (value === null || typeof value !== 'object') return false;
  const node = /** @type {Node} */ (value);
  if (isSuch(node)) return true;
  if (/Function/.test(node.type)) return false;
  return Object.values(node).some(child => holds(child, isSuch));
}

/** @param {string} root the repository @returns {string[]} one line per finding */
export function checkVerbs(root) {
  const domain = join(root, 'packages', 'domain', 'src');
  return readdirSync(domain, { recursive: true, encoding: 'utf8' })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.includes('/') && !foundations.includes(name.slice(0, name.indexOf('/'))))
    .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts') && !jobFiles.has(name))
    .sort()
    .flatMap(name => {
      const file = join(domain, name);
      const findings = checkVerb(readFileSync(file, 'utf8'), file);
      return findings.map(({ line, message }) => `${relative(root, file)}:${line} ${message}`);
    });
}

const thisFile = fileURLToPath(import.meta.url);

if (process.argv[1] && realpathSync(process.argv[1]) === thisFile) {
  const findings = checkVerbs(dirname(dirname(dirname(thisFile))));
  for (const finding of findings) process.stdout.write(`${finding}\n`);
  process.stdout.write(`Verbs that do not authorize first and audit last: ${findings.length}\n`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

// A lint of our own (style.md 5): a verb that opens a writing door authorizes first and audits last.
//   node infra/lint/verbs.mjs    checks the verbs of packages/domain and exits with 1 when it found something
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

const doors = ['withTenant', 'withNewTenant'];
const folders = ['users', 'organizations', 'businesses', 'integrations'];

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
      if (!door || !doors.includes(door) || isReadOnly(call)) return;
      const line = source.slice(0, call.start).split('\n').length;
      for (const message of faultsOf(call, nameOf)) findings.push({ line, message: `${door}: ${message}` });
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
    return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : undefined;
  };
}

/** @param {CallExpression} call */
function isReadOnly(call) {
  const options = call.arguments[1];
  if (options?.type !== 'ObjectExpression') return false;
  // After a spread the literal stands last and wins.
  const last = options.properties.at(-1);
  return options.properties.some(
    property =>
      property.type === 'Property' &&
      property.key.type === 'Identifier' &&
      property.key.name === 'readOnly' &&
      property.value.type === 'Literal' &&
      property.value.value === true &&
      (property === last || !options.properties.slice(options.properties.indexOf(property)).some(isSpread)),
  );
}

/** @param {Node} node */
const isSpread = node => node.type === 'SpreadElement';

/**
 * @param {CallExpression} call
 * @param {NameOf} nameOf
 * @returns {string[]}
 */
function faultsOf(call, nameOf) {
  const work = call.arguments.at(-1);
  if (work?.type !== 'ArrowFunctionExpression' || work.body.type !== 'BlockStatement') {
    return ['write the transaction out as `async tx => { … }`, so that one reads what it authorizes and audits'];
  }
  const [parameter] = work.params;
  const tx = parameter?.type === 'Identifier' ? parameter.name : undefined;
  const { body } = work.body;
  /** @param {Node | null | undefined} node */
  const takesTx = node => {
    const first = node?.type === 'CallExpression' ? node.arguments[0] : undefined;
    return tx !== undefined && first?.type === 'Identifier' && first.name === tx;
  };
  const faults = [];
  const first = expressionOf(body[0]);
  if (nameOf(first) !== 'authorize' || !takesTx(first)) faults.push('the first statement must be `authorize(tx, …)`');
  const at = body.findIndex(statement => {
    const awaited = awaitedBy(statement);
    return nameOf(awaited) === 'audit' && takesTx(awaited);
  });
  if (at === -1) return [...faults, 'the transaction must end with `await audit(tx, …)`, under no condition'];
  if (body.slice(at + 1).some(statement => holds(statement, 'AwaitExpression'))) {
    faults.push('nothing may be awaited after `audit(tx, …)`: it comes last');
  }
  if (body.slice(0, at).some(statement => holds(statement, 'ReturnStatement'))) {
    faults.push('there is a way out before `audit(tx, …)`');
  }
  return faults;
}

/**
 * @param {Node | undefined} statement
 * @returns {Node | null | undefined}
 */
function expressionOf(statement) {
  if (statement?.type === 'ExpressionStatement') return statement.expression;
  return statement?.type === 'ReturnStatement' ? statement.argument : undefined;
}

/** @param {Node} statement */
function awaitedBy(statement) {
  const expression = expressionOf(statement);
  return expression?.type === 'AwaitExpression' ? expression.argument : undefined;
}

/**
 * Whether a node of this type stands in the statement itself; functions inside it have their own returns and awaits.
 * @param {unknown} node
 * @param {string} type
 * @returns {boolean}
 */
function holds(node, type) {
  if (Array.isArray(node)) return node.some(child => holds(child, type));
  if (node === null || typeof node !== 'object' || !('type' in node)) return false;
  if (node.type === type) return true;
  if (/Function/.test(String(node.type))) return false;
  return Object.values(node).some(child => holds(child, type));
}

/** @param {string} root the repository @returns {string[]} one line per finding */
export function checkVerbs(root) {
  const domain = join(root, 'packages', 'domain', 'src');
  return folders.flatMap(folder =>
    readdirSync(join(domain, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .sort()
      .flatMap(name => {
        const file = join(domain, folder, name);
        const findings = checkVerb(readFileSync(file, 'utf8'), file);
        return findings.map(({ line, message }) => `${relative(root, file)}:${line} ${message}`);
      }),
  );
}

const thisFile = fileURLToPath(import.meta.url);

if (process.argv[1] === thisFile) {
  const findings = checkVerbs(dirname(dirname(dirname(thisFile))));
  for (const finding of findings) process.stderr.write(`${finding}\n`);
  process.stdout.write(`Verbs that do not authorize first and audit last: ${findings.length}\n`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

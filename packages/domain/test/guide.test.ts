import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, promisify } from 'node:util';
import { createAuth } from '@pagekeeper/domain/users/auth';
import { createLog } from '@pagekeeper/runtime/log';
import { Secret } from '@pagekeeper/runtime/secret';
import { type Example, examplesOf, outputPattern } from '@pagekeeper/testing/markdown';
import { startNetwork } from '@pagekeeper/testing/network/network';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

/**
 * The guide in packages/domain/README.md, run as it stands there: its ts blocks become one module, which the compiler
 * checks and which runs against a real system; what each block prints is compared with the `text` block below it.
 */

const file = 'packages/domain/README.md';
const guide = readFileSync(join(repositoryFolder, file), 'utf8');
const examples = examplesOf(guide, 'ts');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(inject('servers').folder, 'guide-'));
  // Where the module's imports are found.
  symlinkSync(join(repositoryFolder, 'node_modules'), join(folder, 'node_modules'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'guide.ts'), toModule(guide, examples));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the guide', () => {
  it('is correctly typed', { timeout: 60_000 }, async () => {
    const base = join(repositoryFolder, 'tsconfig.base.json');
    const config = { extends: base, compilerOptions: { noUnusedLocals: false }, include: ['guide.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(repositoryFolder, 'node_modules/.bin/tsc');
    const { stdout } = await promisify(execFile)(compiler, ['-p', folder, '--pretty', 'false']).catch(error => error);
    expect(stdout, `the lines are those of ${file}`).toBe('');
  });

  it('does what it says', { timeout: 60_000 }, async () => {
    const printed = await runGuide();
    for (const { code, output } of examples) {
      const where = `what the block in line ${code.line} of ${file} prints`;
      expect((printed.get(code.line) ?? []).join('\n'), where).toMatch(outputPattern(output?.text ?? ''));
    }
  });
});

/** Runs the module in a system of its own. Gives the printed lines by the line of their block. */
async function runGuide(): Promise<Map<number, string[]>> {
  // No worker: the guide's pages do not exist, and a check would say so in the middle of it.
  const network = await startNetwork({ worker: false });
  const { auth, close } = createAuth({
    databaseUrl: network.database.urls.auth,
    secret: new Secret(randomBytes(32).toString('hex')),
    publicUrl: network.apiUrl,
    mailer: network.services.mailer,
    log: createLog({ name: 'guide', level: 'silent' }),
    namedStatements: true,
  });
  const printed = new Map<number, string[]>();
  let lines: string[] = [];
  const begin = (line: number) => {
    lines = [];
    printed.set(line, lines);
  };
  const console = { log: (...values: unknown[]) => void lines.push(format(...values)) };
  try {
    const { default: run } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'guide.ts')).href);
    await run({ services: network.services, auth, urls: network.database.urls, console, begin });
  } finally {
    await Promise.all([close(), network.stop()]);
  }
  return printed;
}

/**
 * The blocks as one module with the line numbers of the guide. Each block is nested in the one before, so that it sees
 * all earlier names and may use them anew.
 */
function toModule(markdown: string, blocks: readonly Example[]): string {
  const lines = markdown.split('\n').map(() => '');
  const imports = new Map<string, Set<string>>([
    ['@pagekeeper/domain/open-services', new Set(['type OpenServices'])],
    ['@pagekeeper/domain/users/auth', new Set(['type Auth'])],
    ['@pagekeeper/domain/database/roles', new Set(['type RoleUrls'])],
  ]);
  for (const { code } of blocks) {
    const body = takeImports(code.text, imports);
    lines[code.line - 1] += `{ begin(${code.line});`;
    for (const [index, line] of body.split('\n').entries()) lines[code.line + index] += line;
  }
  const head = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`).join(' ');
  const given =
    '{ services: OpenServices; auth: Auth; urls: RoleUrls; console: { log(...values: unknown[]): void }; begin(line: number): void }';
  const start = `${head} export default async function guide({ services, auth, urls, console, begin }: ${given}) {`;
  return `${start}${lines.join('\n')}\n${'}'.repeat(blocks.length + 1)}\n`;
}

/** Collects a block's imports and leaves as many empty lines in their place. */
function takeImports(code: string, imports: Map<string, Set<string>>): string {
  return code.replace(
    /^import (type )?\{([^}]*)\} from '([^']+)';$/gm,
    (statement, type, names: string, from: string) => {
      const known = imports.get(from) ?? new Set();
      imports.set(from, known);
      for (const name of names.split(',').map(each => each.trim())) {
        if (name) known.add(type && !name.startsWith('type ') ? `type ${name}` : name);
      }
      return statement.replaceAll(/[^\n]/g, '');
    },
  );
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../apps/cli/src/program.ts';
import { anchorsOf } from './anchors.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const runbooks = readdirSync(folder).filter(name => name.endsWith('.md'));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8'));

/** What follows `npm run pagekeeper --`, as a shell would take it apart. */
const commandsIn = (text: string): string[][] =>
  [...text.matchAll(/npm run (?:--silent )?pagekeeper -- ([^`\n]+)/g)].map(([, line]) =>
    [...line!.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) => word.replaceAll(/^["']|["']$/g, '')),
  );

/** The command that the words name, and what is left of them. */
function find(program: Command, [word, ...rest]: string[]): { command: Command; rest: string[] } {
  const command = program.commands.find(each => each.name() === word);
  if (!command) throw new Error(`There is no command ${word}.`);
  return command.commands.length > 0 ? find(command, rest) : { command, rest };
}

describe.each(runbooks)('%s', name => {
  const text = read(name);

  it('names commands that exist, with options that they take and the arguments that they need', () => {
    for (const words of commandsIn(text)) {
      const { command, rest } = find(createProgram(), words);
      const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
      const { operands, unknown } = command.parseOptions(own);
      expect(unknown, words.join(' ')).toEqual([]);
      const needed = command.registeredArguments.filter(({ required }) => required).length;
      expect(operands.length, words.join(' ')).toBeGreaterThanOrEqual(needed);
      const missing = command.options.filter(
        each => each.mandatory && command.getOptionValue(each.attributeName()) === undefined,
      );
      expect(
        missing.map(({ long }) => long),
        words.join(' '),
      ).toEqual([]);
    }
  });

  it('names scripts of npm that exist', () => {
    for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(script);
  });

  it('leads to files and headings that exist', () => {
    for (const [, target, anchor] of text.matchAll(/\]\(([a-z-]+\.md)?(?:#([a-z-]+))?\)/gi)) {
      expect(existsSync(join(folder, target ?? name)), target).toBe(true);
      if (anchor) expect(anchorsOf(read(target ?? name))).toContain(anchor);
    }
  });
});

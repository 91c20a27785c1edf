import type { Command } from 'commander';
import { addCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** The keys that everything is sealed by. */
export function addKeyCommands(program: Command): void {
  program.commandsGroup('Keys:');
  const keys = program.command('keys').description('the keys that tokens and messages are sealed by: check, rotate');
  addCommand(keys, 'check', 'count what is sealed by which key, open it, and say what would not open')
    .option('--sample <count>', 'open the newest so many values of each column and organization, instead of all')
    .action(async options => (await import('./check.ts')).check(options, openOutput(options)));
  addCommand(keys, 'rotate', 'wrap all data keys with the first key of PAGEKEEPER_KEYS')
    .option('--data', 'and make new data keys, and seal everything with them')
    .option('--batch <count>', 'with --data: values in a transaction', '500')
    .addHelpText('after', rotateHelp)
    .action(async options => (await import('./rotate.ts')).rotate(options, openOutput(options)));
}

const rotateHelp = `
While everything runs. Before: give every process the new key behind the old one, and when all have both, in front
of it (PAGEKEEPER_KEYS=new:…,old:…). Afterwards the old one can go. Ended anywhere and typed again, it goes on where it was, and it does not say that it
is done before it has read everything back. The system's own keys are wrapped anew as the owner
(MIGRATION_DATABASE_URL).`;

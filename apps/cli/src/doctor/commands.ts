import type { Command } from 'commander';
import { addCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** Looking whether all is well. */
export function addDoctor(program: Command): void {
  program.commandsGroup('System:');
  addCommand(program, 'doctor', 'look at database, roles, migrations, queue, keys, clocks, Facebook and mail')
    .addHelpText(
      'after',
      '\nChanges nothing. Exits with 1 when something is broken; each such line says what mends it.',
    )
    .action(async options => (await import('./doctor.ts')).examine(openOutput(options)));
}

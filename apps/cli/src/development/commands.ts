import type { Command } from 'commander';
import { addCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** What only a checkout has. */
export function addDevelopmentCommands(program: Command): void {
  program.commandsGroup('Development:');
  addCommand(program, 'demo:seed', 'make two organizations with a week of events and replies, on the simulator')
    .addHelpText(
      'after',
      '\nNeeds a system that runs: for a week to pass, the clocks of both sides are moved, and set right again.',
    )
    .action(async options => (await import('./seed-demo.ts')).seed(openOutput(options)));
  addCommand(program, 'reset', 'take away .pagekeeper: all data and keys of npm start in this folder')
    .option('--yes', 'do not ask')
    .action(async options => (await import('./reset.ts')).reset(options, openOutput(options)));
}

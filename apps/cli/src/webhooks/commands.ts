import type { Command } from 'commander';
import { addPersonsCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** What pages were told. */
export function addEventCommands(program: Command): void {
  program.commandsGroup('Events:');
  const events = program.command('events').description('what customers wrote, as Facebook told us');
  addPersonsCommand(events, 'replay', 'have events of an organization worked through again, oldest first')
    .argument('<organization>', 'its slug or id')
    .option('--integration <id>', 'of this one only')
    .option('--kind <kind>', 'comment.add, message, …')
    .option('--state <state>', 'processed, ignored, failed, …')
    .option('--since <time>', 'happened then or later, such as 2026-01-31T08:00:00Z')
    .option('--until <time>', 'happened before')
    .option('--cursor <cursor>', 'go on where a call ended that was held up; it said so')
    .option('--dry-run', 'only count')
    .option('--with-replies', 'send replies where none was sent before')
    .action(async (organization, options) =>
      (await import('./replay-events.ts')).replay({ organization, ...options }, openOutput(options)),
    );
}

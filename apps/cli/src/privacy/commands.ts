import type { Command } from 'commander';
import { addPersonsCommand } from '../command.ts';
import { openOutput } from '../output.ts';

const whichOrganization = 'its slug or id; of a deactivated one its id';

/** What laws on personal data ask for. */
export function addPrivacyCommands(program: Command): void {
  program.commandsGroup('Personal data:');
  addPersonsCommand(program, 'organization:export', 'all that the API shows of an organization, in a file')
    .argument('<organization>', whichOrganization)
    .requiredOption('--to <file>', 'a new file: a JSON object a line, each with its type')
    .action(async (organization, options) =>
      (await import('./export-organization.ts')).exportTo({ organization, ...options }, openOutput(options)),
    );
  addPersonsCommand(program, 'person:erase', 'erase what one person wrote to the pages of an organization')
    .argument('<organization>', whichOrganization)
    .argument('<person-id>', 'sender.id or from.id in what they wrote')
    .action(async (organization, person_id, options) =>
      (await import('./erase-person.ts')).erase({ organization, person_id, ...options }, openOutput(options)),
    );
}

import type { Command } from 'commander';
import { addPersonsCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** Organizations, and who belongs to them. */
export function addOrganizationCommands(program: Command): void {
  program.commandsGroup('Organizations:');
  addPersonsCommand(program, 'organization:create', 'make an organization; who makes it is its OWNER')
    .argument('<name>')
    .option('--slug <slug>', 'made from the name where it is not given')
    .option('--for <email>', 'as staff, for somebody who then is its OWNER')
    .action(async (name, options) =>
      (await import('./create-organization.ts')).create({ name, ...options }, openOutput(options)),
    );
  addPersonsCommand(program, 'organization:list', "list the person's organizations, or as staff all of them")
    .option('--all', 'as staff: everybody’s')
    .option('--search <text>', 'with --all: how the name or the slug begins')
    .option('--active <which>', 'true, false or any', 'true')
    .option('--limit <count>', 'how many at most, 1 to 100', '100')
    .option('--cursor <cursor>', 'where the last list ended')
    .action(async options => (await import('./list-organizations.ts')).list(options, openOutput(options)));
  addPersonsCommand(program, 'organization:enter', 'as staff, come in for an hour; its people read why')
    .argument('<organization>', 'its slug or id')
    .requiredOption('--reason <text>', 'stands in its audit log')
    .action(async (organization, options) =>
      (await import('./enter-organization.ts')).enter({ organization, ...options }, openOutput(options)),
    );
  addPersonsCommand(program, 'organization:purge', 'erase an organization for good, with its keys; no way back')
    .argument('<organization>', 'its slug or id')
    .option('--confirm <slug>', 'its slug once more; a terminal is asked')
    .option('--wait', 'until it is erased')
    .action(async (organization, options) =>
      (await import('./purge-organization.ts')).purge({ organization, ...options }, openOutput(options)),
    );
  addPersonsCommand(program, 'member:add', 'make somebody with an account a member')
    .argument('<organization>', 'its slug or id')
    .argument('<email>')
    .option('--role <role>', 'OWNER, ADMIN or MEMBER', 'MEMBER')
    .action(async (organization, email, options) =>
      (await import('../members/add-member.ts')).add({ organization, email, ...options }, openOutput(options)),
    );
}

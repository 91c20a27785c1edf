import { Command } from 'commander';
import { addBusinessCommands } from './businesses/commands.ts';
import { addDatabaseCommands } from './database/commands.ts';
import { addDevelopmentCommands } from './development/commands.ts';
import { addDoctor } from './doctor/commands.ts';
import { addKeyCommands } from './keys/commands.ts';
import { addOrganizationCommands } from './organizations/commands.ts';
import { addPrivacyCommands } from './privacy/commands.ts';
import { addUserCommands } from './users/commands.ts';
import { addEventCommands } from './webhooks/commands.ts';

/** The table of contents. What a command does is loaded when it is typed. */
export function createProgram(): Command {
  const program = new Command('pagekeeper')
    .description('The command line of Pagekeeper: what an operator or a developer does beside the API.')
    .helpCommand(false)
    .exitOverride()
    // Told by main, as one sentence.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', afterHelp);
  addDatabaseCommands(program);
  addUserCommands(program);
  addOrganizationCommands(program);
  addBusinessCommands(program);
  addEventCommands(program);
  addPrivacyCommands(program);
  addKeyCommands(program);
  addDoctor(program);
  addDevelopmentCommands(program);
  return program;
}

const afterHelp = `
A command reads only the variables that it needs (.env.example lists them) and says which one is missing. In a checkout
where none is set it finds the system of npm start. Commands about an organization act as a person (--as): through
the same rights, doors and audit log as the API.

Exit codes: 0 done, 1 failed, 2 wrong input. Each command has --help, and --json for programs.`;

import type { Command } from 'commander';
import { addCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** Accounts. */
export function addUserCommands(program: Command): void {
  program.commandsGroup('People:');
  addCommand(program, 'user:create', 'make an account; the password is asked for, or piped in')
    .argument('<email>')
    .requiredOption('--name <name>', 'as others see it')
    .option('--staff', 'and make them staff')
    .addHelpText('after', '\nA mail asks to confirm the address, as after a sign-up.')
    .action(async (email, options) =>
      (await import('./create-user.ts')).createUser({ email, ...options }, openOutput(options)),
    );
  addCommand(program, 'user:staff', 'make somebody staff, or with --remove take it back')
    .argument('<email>')
    .option('--remove', 'they are staff no more')
    .option('--unconfirmed', 'although they have not confirmed their address: you know that the account is theirs')
    .action(async (email, options) =>
      (await import('./appoint-staff.ts')).appointStaff({ email, ...options }, openOutput(options)),
    );
}

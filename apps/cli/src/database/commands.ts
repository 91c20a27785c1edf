import type { Command } from 'commander';
import { addCommand } from '../command.ts';
import { openOutput } from '../output.ts';
import { shellRoles } from './shell-roles.ts';

/** Making, changing and looking into the database. */
export function addDatabaseCommands(program: Command): void {
  program.commandsGroup('Database:');
  addCommand(program, 'roles', 'create the database and its roles, or set their passwords anew')
    .addHelpText('after', rolesHelp)
    .action(async options => (await import('./roles.ts')).createRoles(openOutput(options)));
  addCommand(program, 'migrate', 'bring the database, and the queue in it, to the newest schema').action(
    async options => (await import('./migrate.ts')).migrate(openOutput(options)),
  );
  addCommand(program, 'migrate:status', 'list the migrations, and which of them this database has').action(
    async options => (await import('./migrate.ts')).showStatus(openOutput(options)),
  );
  addCommand(program, 'migrate:sql', 'print the SQL of a migration, or of all that are missing; change nothing')
    .argument('[migration]', 'its name or number, such as 0002; without it those that this database lacks')
    .option('--down', 'the SQL that takes it back')
    .action(async (name, options) =>
      (await import('./show-sql.ts')).showSql({ name, ...options }, openOutput(options)),
    );
  addCommand(program, 'migrate:down', 'take the last migration back, with the data that it holds')
    .option('--yes', 'do not ask')
    .action(async options => (await import('./migrate.ts')).takeBack(options, openOutput(options)));
  addCommand(program, 'migrate:make', 'write the file of a new migration, and list it (in a checkout)')
    .argument('<name>', 'what it does, such as add-invoices')
    .option('--folder <path>', 'where migrations lie', 'packages/domain/src/database/migrations')
    .action(async (name, options) =>
      (await import('./make-migration.ts')).makeMigration({ name, ...options }, openOutput(options)),
    );
  program
    .command('db:shell')
    .description('open psql on the database; what follows -- goes to psql')
    .option('--role <role>', `who logs in: ${shellRoles.join(', ')}`, 'app')
    .argument('[psql...]', 'options of psql')
    .addHelpText('after', shellHelp)
    .action(async (words, options) => (await import('./shell.ts')).openShell({ ...options, words }));
}

const rolesHelp = `
Needs ADMIN_DATABASE_URL, and the URLs that the processes will use: MIGRATION_DATABASE_URL, DATABASE_URL,
AUTH_DATABASE_URL and, where Postgres carries the queue, QUEUE_DATABASE_URL. Their passwords become the roles'.
Safe to run again: what the roles of processes may not have, and were given since, is taken away.`;

const shellHelp = `
The password is in psql's environment, never on the command line. Row level security holds here too: outside of a
tenant the role app sees no tenant's rows, and the role owner what functions of pagekeeper_router see and change.`;

import type { Command } from 'commander';
import { addPersonsCommand } from '../command.ts';
import { openOutput } from '../output.ts';

/** What an organization has. */
export function addBusinessCommands(program: Command): void {
  addPersonsCommand(program, 'business:create', 'make a business in an organization')
    .argument('<organization>', 'its slug or id')
    .argument('<name>')
    .option('--slug <slug>', 'made from the name where it is not given')
    .option('--description <text>')
    .action(async (organization, name, options) =>
      (await import('./create-business.ts')).create({ organization, name, ...options }, openOutput(options)),
    );
  addPersonsCommand(program, 'integration:create', 'make an integration, with its page and tokens')
    .argument('<organization>', 'its slug or id')
    .argument('<business>', 'its slug or id')
    .argument('<name>')
    .option('--type <type>', 'the integration type', 'FACEBOOK_PAGE')
    .option('--config <json>', 'such as {"auto_reply":true}')
    .option('--page <file>', 'JSON with page_id, access_token and page_access_token; - reads standard input')
    .addHelpText(
      'after',
      '\nTokens come from a file or a pipe, never from the command line. The first check follows at once.',
    )
    .action(async (organization, business, name, options) =>
      (await import('../integrations/create-integration.ts')).create(
        { organization, business, name, ...options },
        openOutput(options),
      ),
    );
}

import { readFileSync } from 'node:fs';
import { createIntegration, createIntegrationInput } from '@pagekeeper/domain/integrations/create-integration';
import { asPerson } from '../as-person.ts';
import { parseInput, readStandardInput } from '../input.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

interface Options {
  organization: string;
  business: string;
  name: string;
  as: string;
  type: string;
  config?: string;
  page?: string;
}

export async function create(options: Options, output: Output): Promise<void> {
  const { organization, business, as, name, type, config, page } = options;
  const input = parseInput(createIntegrationInput, {
    integration_type: type,
    name,
    config: config === undefined ? undefined : parseJson(config, '--config'),
    facebook_page: page === undefined ? undefined : parseJson(await readPage(page), '--page'),
  });
  const made = await asPerson(as, ['vault', 'queue'], ctx =>
    createIntegration(ctx, { organization, business, ...input }),
  );
  const shown = made.value();
  const status = shown.facebook_page ? ` Its page is ${shown.facebook_page.status} until the worker has looked.` : '';
  output.result(shown, `Made the integration ${shown.name}: ${shown.id}.${status}`);
}

async function readPage(file: string): Promise<string> {
  if (file === '-') return await readStandardInput('the page and its tokens, as JSON,');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--page: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Without JSON.parse's own words: they quote what was given, and that holds tokens. */
function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${option}: is no JSON.`);
  }
}

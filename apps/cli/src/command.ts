import type { Command } from 'commander';

/** A command with what each of them has. */
export const addCommand = (parent: Command, name: string, description: string): Command =>
  parent.command(name).description(description).option('--json', 'print one JSON document, for programs');

/** A command about an organization: somebody does it. */
export const addPersonsCommand = (parent: Command, name: string, description: string): Command =>
  addCommand(parent, name, description).requiredOption('--as <email>', 'who does it');

import type { Command } from 'commander';

/** A command with what each of them has. */
export const addCommand = (parent: Command, name: string, description: string): Command =>
  parent.command(name).description(description).option('--json', 'print one JSON document, for programs');

/** `-- …` is passed on to another program, so that its options are not ours. */
export interface Json {
  json?: boolean;
}

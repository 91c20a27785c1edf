#!/usr/bin/env node
import { isDebug } from './env.ts';
import { endingOf } from './failure.ts';
import { createProgram } from './program.ts';

// Whoever reads us may have seen enough (| head).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1));

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  const { code, sentence } = endingOf(error);
  if (isDebug() && code === 1) process.stderr.write(`${(error as Error).stack}\n`);
  else if (sentence) process.stderr.write(`${sentence}\n`);
  process.exitCode = code;
}

import type { Random } from './random.ts';
import type { Needs, System } from './system.ts';

/** What a scenario has to work with. */
export interface Stage {
  system: System;
  random: Random;
  quick: boolean;
  /** Tells the person at the terminal how far it is. */
  say(sentence: string): void;
}

/** What a scenario did, beside what the ledgers and tables show. */
export interface Harm {
  /** Processes that were killed with -9 while they ran. */
  kills: number;
  /** Other counts worth a look. */
  details: Record<string, number>;
  /** Promises of its own that were broken, a sentence each. */
  broken: string[];
}

export interface Scenario {
  /** In words, for the report. */
  about: string;
  pages(quick: boolean): number;
  needs?: Needs;
  /** Why it cannot run on this machine, in a sentence; null where it can. */
  lacks?(): string | null;
  /** The least share of questions that must be answered, where what is done to them leaves many in doubt. */
  leastAnswered?: number;
  /** Lets people write and things go wrong. In the end api and workers run, and nobody writes any more. */
  run(stage: Stage): Promise<Harm>;
}

/** A fenced block of a Markdown text. */
export interface Block {
  /** The word after the fence: `ts`, `bash`, `text`. */
  language: string;
  text: string;
  /** The line of the opening fence, from 1. */
  line: number;
}

/** A block that is run, and what it prints; null where the text shows no output. */
export interface Example {
  code: Block;
  output: Block | null;
}

/** All fenced blocks, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (open && fence) {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
      open = null;
    } else if (fence) open = { language: fence[1]!, line: index + 1, lines: [] };
    else open?.lines.push(line);
  }
  if (open) throw new Error(`The block of line ${open.line} is not closed.`);
  return blocks;
}

/** The blocks in this language, each with the `text` block that comes next, if that is its output. */
export function examplesOf(markdown: string, language: string): Example[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap((code, index) => {
    if (code.language !== language) return [];
    const next = blocks[index + 1];
    return [{ code, output: next?.language === 'text' ? next : null }];
  });
}

/** The text from this heading to the next one of its level or above, as long as the whole so that lines keep their numbers. */
export function sectionOf(markdown: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`There is no heading "${heading}".`);
  const nextHeading = new RegExp(`^#{1,${level}} `);
  let inBlock = false;
  const length = lines.slice(start + 1).findIndex(line => {
    if (line.startsWith('```')) inBlock = !inBlock;
    return !inBlock && nextHeading.test(line);
  });
  const end = length < 0 ? lines.length : start + 1 + length;
  return lines.map((line, index) => (index >= start && index < end ? line : '')).join('\n');
}

/** The pattern of an output as a document shows it: `…` stands for anything within a line. */
export function outputPattern(shown: string): RegExp {
  const literal = shown.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('…', '[^\\n]*')}$`);
}

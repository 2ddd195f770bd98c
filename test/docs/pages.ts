import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT: string = join(import.meta.dirname, '../..');

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  /** `ts`, `avdl`, `sh`. */
  readonly language: string;
  /** What follows the language: `run`. */
  readonly flags: string;
  /** Where it stands in a project, if its first line says so: `// src/jobs/totals.ts`. */
  readonly path: string | undefined;
  readonly code: string;
}

/** The README files and docs/, relative to the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  'runtime/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

export function blocksOf(page: string): readonly Block[] {
  const text = textOf(page);
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', flags = '', code = ''] = match;
    return {
      page,
      line: text.slice(0, match.index).split('\n').length + 1,
      language,
      flags: flags.trim(),
      path: /^\/\/ (\S+\.\w+)\n/.exec(code)?.[1],
      code,
    };
  });
}

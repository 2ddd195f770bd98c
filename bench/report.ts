import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a benchmark found. */
export interface Report {
  /** Of its file in `results`. */
  readonly name: string;
  readonly title: string;
  /** The results as a table, if it is not printed already. */
  readonly table?: string | undefined;
  readonly results: unknown;
}

/** Prints the table, and writes the results as JSON. */
export function keep({ name, title, table, results }: Report): void {
  if (table !== undefined) console.log(`${title}\n\n${table}\n`);
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ title, results }, undefined, 2)}\n`);
}

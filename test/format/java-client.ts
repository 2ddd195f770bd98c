import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Java's clients make of keys and values; `data/README.md` says how it came about. */
interface JavaClient {
  readonly hashes: readonly (readonly [key: string, hash: number, of1: number, of12: number, of1000: number])[];
  readonly primitives: readonly (readonly [format: string, value: string, bytes: string])[];
}

export const javaClient: JavaClient = JSON.parse(
  readFileSync(join(import.meta.dirname, 'data/java-client.json'), 'utf8'),
);

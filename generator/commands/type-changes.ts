import type { LoadedConfig } from '../config/load.ts';
import type { Generation } from '../generate.ts';
import type { FileChange } from '../output/write-set.ts';
import { type Console, plain } from './console.ts';

/** What changed in terms of types, and which jobs it touches: a line each. */
export function typeChanges(
  _generation: Generation,
  _changes: readonly FileChange[],
  _config: LoadedConfig,
): readonly string[] {
  return [];
}

/** Says it on the terminal. */
export function printTypeChanges(lines: readonly string[], { colors, print }: Console): void {
  const paint = { '+': colors.green, '-': colors.red, '~': colors.yellow };
  for (const line of lines)
    print(`${paint[line[0] as keyof typeof paint]?.(line[0] ?? '') ?? line[0]}${plain(line.slice(1))}`);
}

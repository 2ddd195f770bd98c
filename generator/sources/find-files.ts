import { extname } from 'node:path';
import { glob } from 'tinyglobby';
import type { Finding } from '../finding.ts';
import { shown } from './problem.ts';
import type { FileKind } from './source-file.ts';

const KINDS: { readonly [extension: string]: FileKind } = { '.avsc': 'schema', '.avpr': 'protocol', '.avdl': 'idl' };

/** What a file is by its name; undefined where it holds no schemas. */
export function kindOf(file: string): FileKind | undefined {
  const extension = extname(file).toLowerCase();
  return Object.hasOwn(KINDS, extension) ? KINDS[extension] : undefined;
}

export interface FoundFiles {
  /** Relative to `root`, with `/`, sorted, each once. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/** The schema files that globs match. One that begins with `!` takes files away from all the others. */
export async function findFiles(globs: readonly string[], root: string): Promise<FoundFiles> {
  const ignore = globs.filter(isExclusion).map((pattern) => pattern.slice(1));
  const files = new Set<string>();
  const findings: Finding[] = [];
  await Promise.all(
    globs.map(async (pattern, i) => {
      if (isExclusion(pattern)) return;
      const matched = await matches(pattern, ignore, root);
      const schemas = matched.filter((file) => kindOf(file) !== undefined);
      for (const file of schemas) files.add(file);
      if (schemas.length === 0) findings.push(nothingFound(pattern, i, matched.length > 0));
    }),
  );
  findings.sort((a, b) => compare(a.path ?? '', b.path ?? ''));
  return { files: [...files].sort(compare), findings };
}

/** By code units: the same on every machine, whatever its locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isExclusion(pattern: string): boolean {
  return pattern.startsWith('!') && !pattern.startsWith('!(');
}

async function matches(pattern: string, ignore: readonly string[], root: string): Promise<readonly string[]> {
  if (pattern.trim() === '') return [];
  const dependencies = pattern.includes('node_modules') ? [] : ['**/node_modules/**'];
  // Paths have `/` on every system; a `\` elsewhere than on Windows is part of a name.
  return glob(pattern, { cwd: root, onlyFiles: true, ignore: [...ignore, ...dependencies] });
}

function nothingFound(pattern: string, index: number, other: boolean): Finding {
  return {
    path: `schemas[${index}]`,
    reason: `\`${shown(pattern)}\` matches no schema file`,
    hint: other
      ? 'Names of schema files end in .avsc, .avpr or .avdl'
      : 'Correct it, or add the files; it is relative to the folder of the config',
  };
}

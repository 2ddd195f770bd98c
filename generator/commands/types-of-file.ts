import { statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { TypeMapping } from '@kgen/runtime/schema';
import { escapePath } from 'tinyglobby';
import { findConfig, loadConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import type { TypeModel } from '../model/model.ts';
import { type LoadedTypes, loadTypes } from '../model/types.ts';
import { kindOf } from '../sources/find-files.ts';
import { loadPulled } from '../sources/registry/load-pulled.ts';

/** What is wrong with a path that should be a schema file's. */
export function schemaFileProblem(path: string): Pick<Finding, 'reason' | 'hint'> | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { reason: 'there is no such file', hint: 'Check the path of the schema' };
  if (stat.isDirectory()) return { reason: 'it is a folder', hint: 'Name one of the schema files in it' };
  if (kindOf(path) !== undefined) return undefined;
  const hint = 'Names of schema files end in .avsc, .avpr or .avdl; bytes are read with --schema';
  return { reason: 'it is no schema file by its name', hint };
}

/**
 * The types that a file defines. Where it refers to others, the schemas of the project's config are read as well.
 * Without `mapping`, types are mapped as that config says.
 */
export async function typesOfFile(
  file: string,
  cwd: string,
  mapping: TypeMapping | undefined,
): Promise<Pick<LoadedTypes, 'types' | 'findings'>> {
  const alone = await loadTypes({ schemas: [escapePath(file)], types: mapping }, cwd);
  const found = { types: ofFile(alone.types, file), findings: alone.findings };
  if (mapping !== undefined && alone.findings.length === 0) return found;
  const path = findConfig(dirname(resolve(cwd, file)));
  const config = path === undefined ? undefined : await loadConfig({ cwd, config: path });
  if (config === undefined || 'findings' in config) return found;
  const inRoot = relative(config.root, resolve(cwd, file)).replaceAll('\\', '/');
  const { schemas = [], types = {}, registry } = config.config;
  const pulled = await loadPulled(registry, config.root);
  const globs = [...schemas, escapePath(inRoot)];
  const together = await loadTypes({ schemas: globs, types: mapping ?? types }, config.root, pulled);
  if (together.findings.length > 0) return found;
  const own = ofFile(together.types, inRoot);
  // A copy to the letter of what another file defines is that file's.
  return own.length === 0 ? found : { types: own, findings: [] };
}

/** Without those that the file imports. */
function ofFile(types: readonly TypeModel[], file: string): readonly TypeModel[] {
  return types.filter(({ source }) => source === file);
}

import type { Config } from '../config/config.ts';
import type { Finding } from '../finding.ts';
import { assembleSchemas, type SchemaType } from '../schema/assemble.ts';
import { compare } from '../sources/find-files.ts';
import { loadSources, type SourceFile } from '../sources/load.ts';
import { NOTHING_PULLED, type PulledRegistry } from '../sources/registry/load-pulled.ts';
import { pulledSources } from '../sources/registry/pulled-sources.ts';
import { fieldMappingFindings } from './field-mappings.ts';
import { ignoredLogicalTypes } from './ignored-logical-types.ts';
import type { TypeModel } from './model.ts';
import { nameTypes } from './names.ts';

export interface LoadedTypes {
  /** Sorted by full name. With findings, some may be missing or incomplete. */
  readonly types: readonly TypeModel[];
  readonly findings: readonly Finding[];
  /** False where files are missing or could not be understood. */
  readonly complete: boolean;
  /** What a person should know and need not mend. */
  readonly notices: readonly string[];
  /** Every schema file that was read, imported ones too, relative to the config's folder: what to watch. */
  readonly files: readonly string[];
}

/**
 * Everything from the config's globs to named types: reads the files, puts their schemas together, settles all names.
 * @param root the config's folder, absolute
 */
export async function loadTypes(
  config: Pick<Config, 'schemas' | 'types'>,
  root: string,
  pulled: PulledRegistry = NOTHING_PULLED,
): Promise<LoadedTypes> {
  const sources = await loadSources(config.schemas ?? [], root);
  const mapping = config.types ?? {};
  const files = [...sources.files, ...pulledBeside(sources.files, pulled)];
  const assembled = assembleSchemas(files, mapping);
  const types = buildTypes(assembled.types);
  const complete = sources.findings.length === 0;
  return {
    types,
    findings: [
      ...[...sources.findings].sort(byPlace),
      ...[...assembled.findings].sort(byPlace),
      // While files are missing or half understood, a mapping that hits nothing may be right.
      ...(complete ? fieldMappingFindings(files, mapping) : []),
    ],
    complete,
    notices: [...sources.notices, ...ignoredLogicalTypes(assembled.types, mapping)],
    files: files.map(({ file }) => file),
  };
}

/** What was pulled, but for the types that the project itself defines. */
function pulledBeside(files: readonly SourceFile[], pulled: PulledRegistry): readonly SourceFile[] {
  if (pulled.subjects.length === 0) return [];
  const local = assembleSchemas(files, {}).types.flatMap(({ fullName, named }) => (named ? [fullName] : []));
  return pulledSources(pulled, new Set(local));
}

function byPlace(a: Finding, b: Finding): number {
  return (
    compare(a.file ?? '', b.file ?? '') ||
    (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
    (a.position?.column ?? 0) - (b.position?.column ?? 0)
  );
}

/** Settles the names of types. */
export function buildTypes(types: readonly SchemaType[]): readonly TypeModel[] {
  const names = nameTypes(types);
  return types.map(({ fullName, type, file }, i) => ({
    fullName,
    type,
    identifier: names[i]?.identifier ?? '',
    path: names[i]?.path ?? '',
    source: file,
  }));
}

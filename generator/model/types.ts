import type { Config } from '../config/config.ts';
import type { Finding } from '../finding.ts';
import { assembleSchemas, type SchemaType } from '../schema/assemble.ts';
import { compare } from '../sources/find-files.ts';
import { loadSources } from '../sources/load.ts';
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
export async function loadTypes(config: Pick<Config, 'schemas' | 'types'>, root: string): Promise<LoadedTypes> {
  const sources = await loadSources(config.schemas, root);
  const mapping = config.types ?? {};
  const assembled = assembleSchemas(sources.files, mapping);
  const types = buildTypes(assembled.types);
  const complete = sources.findings.length === 0;
  return {
    types,
    findings: [
      ...[...sources.findings].sort(byPlace),
      ...[...assembled.findings].sort(byPlace),
      // While files are missing or half understood, a mapping that hits nothing may be right.
      ...(complete ? fieldMappingFindings(sources.files, mapping) : []),
    ],
    complete,
    notices: [...sources.notices, ...ignoredLogicalTypes(assembled.types, mapping)],
    files: sources.files.map(({ file }) => file),
  };
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

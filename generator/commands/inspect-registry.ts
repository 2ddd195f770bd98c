import { registryClient } from '@kgen/runtime/registry';
import type { TypeMapping } from '@kgen/runtime/schema';
import type { LoadedConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import type { ReaderType, WriterType } from '../inspect/registered.ts';
import { loadTypes } from '../model/types.ts';
import { type FindWriter, writerFinder } from '../sources/registry/find-writer.ts';
import { loadPulled, NOTHING_PULLED } from '../sources/registry/load-pulled.ts';
import { isSameRegistry } from '../sources/registry/lockfile.ts';
import { registryOf } from '../sources/registry/registry-of.ts';

/** What a project knows of the schemas that messages bear ids of. */
export interface InspectRegistry {
  readonly find: FindWriter;
  /** The project's own type for a writer's data: of its root's name, or of its subject's where it has none. */
  readonly readerOf: (writer: WriterType) => ReaderType | undefined;
  /** All types of the project, as they are shown. */
  readonly types: readonly ReaderType[];
  readonly close: () => void;
}

/** What was pulled, and the registry itself for what was not, where the config says how to reach it. */
export async function inspectRegistry(
  { config, root, file }: LoadedConfig,
  mapping: TypeMapping,
): Promise<InspectRegistry | { readonly findings: readonly Finding[] }> {
  const pulled = await loadPulled(config.registry, root);
  const { types, findings } = await loadTypes({ ...config, types: mapping }, root, pulled);
  const all = [...pulled.findings, ...findings];
  if (all.length > 0) return { findings: all.map((finding) => ({ file, ...finding })) };
  const settings = config.registry === undefined ? undefined : registryOf(config, file);
  const reachable = settings !== undefined && 'connection' in settings;
  const client = reachable ? registryClient(settings.connection) : undefined;
  // In another registry the same id may be another schema.
  const isPulled = !reachable || isSameRegistry(pulled.urls, settings.urls);
  const readers = new Map(types.map((type) => [type.fullName, type]));
  return {
    find: writerFinder(isPulled ? pulled : NOTHING_PULLED, mapping, client),
    readerOf: ({ type, places }) => {
      const names = 'name' in type ? [type.name] : places.map(({ subject }) => subject);
      return names.map((name) => readers.get(name)).find((each) => each !== undefined);
    },
    types,
    close: () => client?.close(),
  };
}

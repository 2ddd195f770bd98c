import { AvroDecodeError } from '../codec/errors.ts';
import type { TopicBranch } from './branch.ts';
import { type RegisteredPart, type SchemaSource, SchemaWanted } from './schema-source.ts';
import { ownReader, type WholeReader, writerReader } from './writer-schema.ts';

/** One of several types in a topic, with the id of its schema. */
export interface ConfluentBranch extends TopicBranch {
  readonly id?: number | undefined;
}

/** What is known of ids without asking. */
export interface KnownSchemas {
  readonly schemaOf: (id: number) => string | undefined;
  readonly pulled: RegisteredPart | undefined;
}

/** In a registry that nothing was pulled from: subjects are called as in the other one. */
export function nothingKnown({ urls, subjects }: RegisteredPart): KnownSchemas {
  return { schemaOf: () => undefined, pulled: { urls, subjects } };
}

/** The reader of an id's data, made when the id is first met. @throws AvroDecodeError, SchemaWanted */
export type ReaderOf = (id: number) => WholeReader;

export function readersById(
  branches: readonly ConfluentBranch[],
  known: KnownSchemas,
  source?: SchemaSource,
): ReaderOf {
  const readers = new Map<number, WholeReader>();
  return (id) => {
    let reader = readers.get(id);
    if (reader === undefined) {
      reader = makeReader(branches, known, source, id);
      readers.set(id, reader);
    }
    return reader;
  };
}

function makeReader(
  branches: readonly ConfluentBranch[],
  { schemaOf, pulled }: KnownSchemas,
  source: SchemaSource | undefined,
  id: number,
): WholeReader {
  const own = branches.find((branch) => branch.id === id);
  if (own !== undefined) return ownReader(own);
  const schema = schemaOf(id);
  if (schema !== undefined) return writerReader(branches, schema, `schema ${id}`);
  const unreadable = pulled?.unreadable?.[id];
  if (unreadable !== undefined) throw refused(`schema ${id}, ${unreadable}`, 'unresolvable');
  if (source === undefined) throw unknown(branches, id, pulled !== undefined);
  const subjects = pulled?.subjects.flat() ?? [];
  const found = source.found(id, subjects);
  if (found === undefined) throw new SchemaWanted(source, id, subjects);
  if ('problem' in found) throw refused(found.problem);
  return writerReader(branches, found.schema, `schema ${id}, ${found.label},`);
}

function unknown(branches: readonly ConfluentBranch[], id: number, wasPulled: boolean): AvroDecodeError {
  const known = branches.flatMap((branch) => branch.id ?? []).join(', ');
  const only = known === '' ? '' : ` (${known} is)`;
  const advice = wasPulled
    ? 'Run `kgen pull` and `kgen generate`; or let the job ask the registry, by its option `registry`'
    : "Add it to the topic's writers";
  return refused(`schema id ${id} is not known here${only}. ${advice}`);
}

export function refused(reason: string, code: 'format' | 'unresolvable' = 'format'): AvroDecodeError {
  return new AvroDecodeError(reason, { code, path: '', offset: 0 });
}

import {
  type AvroType,
  type DocumentProblem,
  readSchemas,
  type SchemaDocument,
  sameSchema,
  simpleName,
  type TypeMapping,
} from '@kgen/runtime/schema';
import { closest } from '../config/closest.ts';
import type { Finding } from '../finding.ts';
import { compare } from '../sources/find-files.ts';
import { placeOf, type SourceFile } from '../sources/load.ts';
import { shown } from '../sources/problem.ts';
import { type FileSchema, isInside } from '../sources/source-file.ts';
import { typePath } from './type-path.ts';

/** A type that gets code: a named one, or the unnamed schema of a file. */
export interface SchemaType {
  /** Avro full name; of an unnamed schema, its file's base name. */
  readonly fullName: string;
  readonly type: AvroType;
  /** The file that defines it, relative to the config's folder. */
  readonly file: string;
  readonly named: boolean;
}

export interface AssembledSchemas {
  /** Sorted by full name, each once. */
  readonly types: readonly SchemaType[];
  readonly findings: readonly Finding[];
}

/** A schema with the file it stands in. */
interface Placed {
  readonly file: SourceFile;
  readonly schema: FileSchema;
  readonly document: SchemaDocument;
}

/** Puts the schemas of all files together: their names may refer to each other in any order. */
export function assembleSchemas(files: readonly SourceFile[], mapping: TypeMapping): AssembledSchemas {
  const placed = files.flatMap((file) =>
    file.schemas.map((schema, i): Placed => ({ file, schema, document: documentOf(file, schema, i) })),
  );
  const { roots, named, problems } = readSchemas(
    placed.map(({ document }) => document),
    mapping,
  );
  const types: SchemaType[] = [...named].map(([fullName, { type, source }]) => ({
    fullName,
    type,
    file: source,
    named: true,
  }));
  const findings = problems
    // A union of a list's types is made up: what is wrong with it is wrong with the types.
    .filter(({ path }) => !path.startsWith(LIST))
    .map((problem, i) => findingOf(i < MOST_SUGGESTIONS ? withSuggestion(problem, named.keys()) : problem, placed));
  const unnamed = placed.flatMap((each, i): Unnamed[] => {
    const type = roots[i];
    const counts = each.schema.role !== 'named' && !each.file.imported;
    return counts && type !== undefined && !isNamed(type) ? [{ ...each, type }] : [];
  });
  addUnnamed(types, unnamed, findings);
  return { types: types.sort((a, b) => compare(a.fullName, b.fullName)), findings };
}

/** In place of the path of a list's union, which stands nowhere in the file. */
const LIST = '(list)';

function documentOf(file: SourceFile, schema: FileSchema, index: number): SchemaDocument {
  const path = schema.role === 'list' ? `${LIST}${index}` : schema.path;
  return { source: file.file, schema: schema.schema, path, namespace: schema.namespace };
}

interface Unnamed extends Placed {
  readonly type: AvroType;
}

/** Unnamed schemas go by the names of their files; that name has to be free. */
function addUnnamed(types: SchemaType[], unnamed: readonly Unnamed[], findings: Finding[]): void {
  const holders = new Map(types.map((type) => [type.fullName, type]));
  for (const { file, schema, type } of unnamed) {
    const holder = holders.get(file.rootName);
    if (holder === undefined) {
      const added: SchemaType = { fullName: file.rootName, type, file: file.file, named: false };
      holders.set(added.fullName, added);
      types.push(added);
    } else if (schema.role !== 'list' && (holder.named || !sameSchema(holder.type, type))) {
      findings.push({
        ...placeOf(file, file.offsetOf(schema.path) ?? 0),
        path: file.rootName,
        reason: `A schema without a name goes by the name of its file; ${shown(holder.file)} has another \`${shown(file.rootName)}\``,
        hint: 'Rename the file, or give the schema a name',
      });
    }
  }
}

function isNamed(type: AvroType): boolean {
  return type.kind === 'record' || type.kind === 'enum' || type.kind === 'fixed';
}

function findingOf(problem: DocumentProblem, placed: readonly Placed[]): Finding {
  const { source, path, hint, other } = problem;
  const owner = ownerOf(problem, placed);
  if (owner === undefined) return { file: source, path, reason: problem.reason, hint };
  const inner = typePath(owner.schema, owner.file.rootName, path);
  const reason =
    other === undefined
      ? capitalized(problem.reason)
      : `\`${inner}\` is also defined in ${placeText(other, placed)}, and differs there`;
  return { ...placeOf(owner.file, owner.file.offsetOf(path) ?? 0), path: inner, reason, hint };
}

/** The schema that a problem lies in. */
function ownerOf({ source, path }: Place, placed: readonly Placed[]): Placed | undefined {
  const inFile = placed.filter(({ file, schema }) => file.file === source && schema.role !== 'list');
  return inFile.findLast(({ schema }) => isInside(path, schema.path)) ?? inFile[0];
}

type Place = Pick<DocumentProblem, 'source' | 'path'>;

/** `schemas/shop.avdl:4:8` */
function placeText(place: Place, placed: readonly Placed[]): string {
  const owner = ownerOf(place, placed);
  const position = owner && placeOf(owner.file, owner.file.offsetOf(place.path) ?? 0).position;
  return shown(place.source) + (position === undefined ? '' : `:${position.line}:${position.column}`);
}

/** Beyond it nobody reads what was meant, and finding it would take long. */
const MOST_SUGGESTIONS = 100;
const AVRO_WORDS = 'null boolean int long float double bytes string record enum fixed array map'.split(' ');
const IDL_WORDS = 'decimal date time_ms timestamp_ms local_timestamp_ms uuid union'.split(' ');

/** Says which name was probably meant by one that nothing defines. */
function withSuggestion(problem: DocumentProblem, names: Iterable<string>): DocumentProblem {
  const { source, unknown } = problem;
  if (unknown === undefined) return problem;
  const bySimpleName = new Map([...names].map((name) => [simpleName(name), name]));
  const words = source.endsWith('.avdl') ? [...AVRO_WORDS, ...IDL_WORDS] : AVRO_WORDS;
  const near = closest(simpleName(unknown), [...bySimpleName.keys(), ...words]);
  return near === undefined ? problem : { ...problem, hint: `Did you mean \`${bySimpleName.get(near) ?? near}\`?` };
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

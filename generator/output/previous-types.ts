import { type AvroType, parseJson, readSchemas, type SchemaDocument, type TypeMapping } from '@kgen/runtime/schema';
import { normalizeOut } from '../out-folder.ts';
import { readProperty } from './literal.ts';
import { generatedFiles } from './tree.ts';

/** The types as they are generated now, before they are written anew. */
export interface PreviousTypes {
  /** Named types by full name. */
  readonly named: ReadonlyMap<string, AvroType>;
  /** Every type by its file's path, relative to `out`. */
  readonly byPath: ReadonlyMap<string, AvroType>;
}

/**
 * Reads the types back from the schemas that generated files hold: no other record of the last run is kept, so what is
 * told also holds after a merge or a checkout. Files that do not say their schema count as absent.
 */
export function readPreviousTypes(root: string, out: string): PreviousTypes {
  const folder = normalizeOut(out);
  const documents = generatedFiles(root, `${folder}/types`).flatMap(({ path, text }) => {
    const document = documentOf(path.slice(folder.length + 1), text);
    return document === undefined ? [] : [document];
  });
  const { roots, named } = readSchemas(documents, {}, { defaults: 'ignore' });
  return {
    named: new Map([...named].map(([name, { type }]) => [name, type])),
    byPath: new Map(documents.flatMap(({ source }, index) => entry(source, roots[index]))),
  };
}

function entry(source: string, type: AvroType | undefined): readonly (readonly [string, AvroType])[] {
  return type === undefined ? [] : [[source, type]];
}

function documentOf(path: string, text: string): SchemaDocument | undefined {
  const definition = codecDefinition(text);
  const schema = readProperty(definition, 'schema');
  if (typeof schema !== 'string') return undefined;
  const mapping = readProperty(definition, 'mapping');
  try {
    const json = parseJson(schema);
    return { source: path, schema: json, mapping: typeof mapping === 'object' ? (mapping as TypeMapping) : {} };
  } catch {
    return undefined;
  }
}

/** What the codec is made of. It begins behind the first pure call: no `doc` can end the comment it stands in to look like one. */
function codecDefinition(text: string): string {
  const start = text.indexOf('/* @__PURE__ */');
  const definition = start === -1 ? '' : text.slice(start);
  const end = definition.search(/\n\}\)/);
  return end === -1 ? definition : definition.slice(0, end);
}

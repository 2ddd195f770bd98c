import type { AvroReference, FormatModel } from '../../model/model.ts';
import { branchesOf } from '../../model/topic-branches.ts';
import { CODEGEN, RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';

/** The file that `emitTopics` prints, relative to `out`. */
export const TOPICS_PATH = 'topics.ts';

type TypedFormat = Extract<FormatModel, { readonly types: readonly AvroReference[] }>;

const MAKERS: { readonly [K in TypedFormat['kind']]: string } = {
  avro: 'avro',
  confluent: 'confluent',
  'single-object': 'singleObject',
  'typed-json': 'typedJson',
};

const PLAIN_TYPES = { utf8: 'string', bytes: 'Uint8Array', int32: 'number', int64: 'bigint', float64: 'number' };

/** An expression of a format; `codec` is the name of what reads its values, where it is not the type's own codec. */
export function formatText(format: FormatModel, printer: Printer, codec?: string): string {
  if (format.kind === 'own') {
    const { name, path } = format;
    return `${printer.use({ from: CODEGEN, name: 'ownFormat' })}(() => ${printer.use({ from: path, name })})`;
  }
  if (!('types' in format)) return printer.use({ from: CODEGEN, name: format.kind });
  const make = printer.use({ from: CODEGEN, name: MAKERS[format.kind] });
  const [only] = format.types;
  const schemas = [...writersText(format, printer), ...registryText(format, printer)];
  if (only !== undefined && format.types.length === 1) {
    const options = objectText([...idText(only), ...schemas]);
    return `${make}(() => ${codec ?? codecText(only, printer)}${options})`;
  }
  const branches = branchTexts(format, printer).map((text) => `\n  ${text},`);
  return `${make}([${branches.join('')}\n]${objectText(schemas)})`;
}

function branchTexts({ types }: TypedFormat, printer: Printer): readonly string[] {
  const { tagged, branches } = branchesOf(types);
  return branches.map(({ tag, reference }) => {
    const branch = tagged ? [`branch: ${stringLiteral(tag)}`] : [];
    return `{ ${[...branch, `codec: () => ${codecText(reference, printer)}`, ...idText(reference)].join(', ')} }`;
  });
}

function idText({ id }: AvroReference): readonly string[] {
  return id === undefined ? [] : [`id: ${id}`];
}

function writersText({ writers }: TypedFormat, printer: Printer): readonly string[] {
  if (writers === undefined) return [];
  return [`writers: ${printer.use({ from: TOPICS_PATH, name: writers.functionName })}`];
}

function registryText({ registry }: TypedFormat, printer: Printer): readonly string[] {
  if (registry === undefined) return [];
  return [`registry: ${printer.use({ from: TOPICS_PATH, name: registry.functionName })}`];
}

function objectText(members: readonly string[]): string {
  return members.length === 0 ? '' : `, { ${members.join(', ')} }`;
}

/** A codec's name, or a call that makes one where the type needs no file. */
export function codecText({ type }: AvroReference, printer: Printer): string {
  if (!('primitive' in type)) return printer.use({ from: type.path, name: type.identifier });
  const { primitive } = type;
  const asNumber = primitive.kind === 'long' && primitive.as === 'number' ? `, 'number'` : '';
  return `${printer.use({ from: CODEGEN, name: 'primitiveCodec' })}('${primitive.kind}'${asNumber})`;
}

/** The TypeScript type of a format's values. */
export function formatTypeText(format: FormatModel, printer: Printer): string {
  return formatTypeTexts(format, printer).join(' | ');
}

/** The members of that type, which is a union where a topic carries several types. */
export function formatTypeTexts(format: FormatModel, printer: Printer): readonly string[] {
  if (format.kind === 'own') {
    const { name, path } = format;
    return [
      `${printer.useType({ from: RUNTIME, name: 'FormatValue' })}<typeof ${printer.useType({ from: path, name })}>`,
    ];
  }
  if (!('types' in format)) {
    return [format.kind === 'json' ? printer.useType({ from: RUNTIME, name: 'Json' }) : PLAIN_TYPES[format.kind]];
  }
  const { tagged, branches } = branchesOf(format.types);
  return branches.map(({ tag, reference }) => {
    const type = referenceTypeText(reference, printer);
    return tagged ? `{ branch: ${stringLiteral(tag)}; value: ${type} }` : type;
  });
}

/** The TypeScript type of an Avro type. */
export function referenceTypeText({ type }: AvroReference, printer: Printer): string {
  if (!('primitive' in type)) return printer.useType({ from: type.path, name: type.identifier });
  const { primitive } = type;
  if (!('as' in primitive)) return 'unknown';
  return primitive.as === 'bytes' ? 'Uint8Array' : primitive.as;
}

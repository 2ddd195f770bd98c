import {
  type AvroType,
  canonicalForm,
  type Field,
  fingerprint,
  normalizedSchema,
  writeJson,
} from '@kgen/runtime/schema';
import { avroText, typeScriptText } from '../schema/type-text.ts';
import { sizesOf } from './sizes.ts';

/** What `inspect` tells about a type; also what `--json` prints. */
export interface TypeDescription {
  readonly name: string;
  readonly kind: string;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  /** CRC-64-AVRO, 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly canonicalForm: string;
  readonly schema: string;
  readonly minimumBytes: number | null;
  /** Null where there is no limit. */
  readonly maximumBytes: number | null;
  readonly fields: readonly FieldDescription[];
  readonly symbols: readonly string[];
}

export interface FieldDescription {
  readonly name: string;
  readonly avro: string;
  readonly typescript: string;
  readonly default: string | undefined;
  readonly doc: string | undefined;
}

export function describeType(name: string, type: AvroType): TypeDescription {
  const { least, most } = sizesOf(type);
  return {
    name,
    kind: type.kind,
    doc: 'doc' in type ? type.doc : undefined,
    aliases: 'aliases' in type ? type.aliases : [],
    fingerprint: fingerprint(canonicalForm(type)).toString(16).padStart(16, '0'),
    canonicalForm: canonicalForm(type),
    schema: normalizedSchema(type),
    minimumBytes: Number.isFinite(least) ? least : null,
    maximumBytes: Number.isFinite(most) ? most : null,
    fields: type.kind === 'record' ? type.fields.map(describeField) : [],
    symbols: type.kind === 'enum' ? type.symbols : [],
  };
}

function describeField({ name, type, doc, default: value }: Field): FieldDescription {
  return {
    name,
    avro: avroText(type),
    typescript: typeScriptText(type),
    default: value === undefined ? undefined : writeJson(value.json),
    doc,
  };
}

/** `plain` makes text of a schema harmless for a terminal. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  plain(text: string): string;
}

/** For people: a heading, the fields in columns, then what identifies the schema. */
export function printType(description: TypeDescription, style: Style): string {
  const { name, kind, fields, symbols, aliases } = description;
  const facts = [
    ['bytes', bytesText(description)],
    ['fingerprint', `${description.fingerprint} (CRC-64-AVRO)`],
    ['canonical form', style.plain(description.canonicalForm)],
    ...(aliases.length === 0 ? [] : [['aliases', aliases.join(', ')]]),
  ];
  return [
    `${style.bold(style.plain(name))} ${kind}`,
    ...(description.doc === undefined
      ? []
      : description.doc
          .trim()
          .split('\n')
          .map((line) => style.dim(`  ${style.plain(line)}`))),
    ...columns(
      fields.map((field) => [
        field.name,
        field.avro,
        field.typescript === field.avro ? '' : field.typescript,
        field.default === undefined ? '' : `default ${style.plain(field.default)}`,
      ]),
    ),
    ...(symbols.length === 0 ? [] : [`  ${symbols.join(' | ')}`]),
    ...columns(facts).map(style.dim),
  ].join('\n');
}

function bytesText({ minimumBytes, maximumBytes }: TypeDescription): string {
  if (minimumBytes === null) return 'none: it has no finite value';
  if (maximumBytes === null) return `${minimumBytes} or more`;
  return minimumBytes === maximumBytes ? String(minimumBytes) : `${minimumBytes} to ${maximumBytes}`;
}

const WIDEST = 40;

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number): number =>
    Math.min(WIDEST, Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join('  ')}`.trimEnd());
}

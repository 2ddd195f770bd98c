import {
  type AvroType,
  type EnumType,
  normalizedDefinition,
  normalizedSchema,
  parseSchema,
  planRead,
  type RecordType,
} from '@kgen/runtime/schema';
import type { TypeModel } from '../../model/model.ts';
import { CODEGEN, RUNTIME } from '../packages.ts';
import { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { type EmitContext, readerName, writerName } from './context.ts';
import { documentation } from './documentation.ts';
import { arrayLines, memberName } from './literal.ts';
import { emitReader } from './reader.ts';
import { jsonLines, mappingOf, mappingText, referencesOf } from './schema-text.ts';
import { structureText, typeText, unionLines } from './type-text.ts';
import { emitWriter } from './writer.ts';

/** The text of `<out>/<model.path>`: the type, its codec, and the functions behind it. */
export function emitType(model: TypeModel, context: EmitContext): string {
  const { identifier, path, source } = model;
  const names = { read: readerName(model), write: writerName(model) };
  const printer = new Printer({
    path,
    source,
    importExtension: context.importExtension,
    declares: [identifier, names.read, names.write, ...GLOBALS],
  });
  const evolved = (context.writers.get(model.fullName) ?? []).map((text) => {
    const writer = parseSchema(text, {}, { defaults: 'ignore' });
    return { writer, schema: normalizedSchema(writer), name: printer.declare(`${names.read}Before`) };
  });
  printDeclaration(model, printer, context);
  printCodec(model, names, evolved, printer, context);
  const { body } = printer;
  if (model.type.kind === 'enum') printEnumFunctions(model.identifier, model.type, names, printer);
  else {
    const plan = context.plans.of(model.type);
    emitReader(printer, plan, { name: names.read, type: model.type, exported: true }, context);
    body.blankLine();
    emitWriter(printer, model.type, { name: names.write, exported: true }, context);
  }
  for (const { writer, name } of evolved) {
    body.blankLine();
    const old = planRead(writer, model.type);
    emitReader(printer, old, { name, type: model.type, doc: 'Data of an earlier schema.' }, context);
  }
  return printer.print();
}

/** Globals that generated files mean: no import may take their names. */
const GLOBALS: readonly string[] = 'Array BigInt Date Math Object Record Uint8Array undefined'.split(' ');

function printDeclaration({ identifier, type }: TypeModel, printer: Printer, context: EmitContext): void {
  const { body } = printer;
  const doc = 'doc' in type ? type.doc : undefined;
  for (const line of documentation(doc)) body.writeLine(line);
  if (type.kind === 'record') printInterface(identifier, type, printer, context);
  else {
    const text = structureText(type, printer, context);
    for (const line of unionLines(`export type ${identifier} =`, text, ';')) body.writeLine(line);
  }
  body.blankLine();
}

function printInterface(identifier: string, type: RecordType, printer: Printer, context: EmitContext): void {
  const { body } = printer;
  if (type.fields.length === 0) {
    // `{}` would take any value, strings too.
    body.writeLine(`export type ${identifier} = Record<string, never>;`);
    return;
  }
  body.writeLine(`export interface ${identifier} {`);
  for (const field of type.fields) {
    for (const line of documentation(field.doc, '  ')) body.writeLine(line);
    const text = typeText(field.type, printer, context);
    for (const line of unionLines(`  ${memberName(field.name)}:`, text, ';')) body.writeLine(line);
  }
  body.writeLine('}');
}

const WIDTH = 120;

interface Names {
  readonly read: string;
  readonly write: string;
}

function printCodec(
  { identifier, type }: TypeModel,
  { read, write }: Names,
  evolved: readonly { readonly schema: string; readonly name: string }[],
  printer: Printer,
  context: EmitContext,
): void {
  const { body } = printer;
  const kind = type.kind === 'record' ? 'record' : type.kind === 'enum' ? 'enum' : '';
  const make = printer.use({ from: CODEGEN, name: kind === '' ? 'codec' : `${kind}Codec` });
  const codec = printer.useType({
    from: RUNTIME,
    name: { record: 'RecordCodec', enum: 'EnumCodec', '': 'Codec' }[kind],
  });
  const head = `export const ${identifier}: ${codec}<`;
  const end = `> = /* @__PURE__ */ ${make}({`;
  for (const line of parameterLines(head, identifier, type, end)) body.writeLine(line);
  const schema = jsonLines(normalizedDefinition(type));
  if (schema.length === 1) body.writeLine(`  schema: ${schema[0]},`);
  else {
    body.writeLine('  schema:');
    for (const [index, line] of schema.entries())
      body.writeLine(`    ${line}${index === schema.length - 1 ? ',' : ''}`);
  }
  const references = referencesOf(type).flatMap((named) => {
    const file = context.files.get(named);
    return file === undefined ? [] : [printer.use({ from: file.path, name: file.identifier })];
  });
  if (references.length > 0) body.writeLine(`  references: () => [${references.join(', ')}],`);
  const mapping = mappingOf(type, context.mapping);
  if (mapping !== undefined) body.writeLine(`  mapping: ${mappingText(mapping)},`);
  body.writeLine(`  read: ${read},`);
  body.writeLine(`  write: ${write},`);
  if (evolved.length > 0) {
    body.writeLine('  writers: [');
    for (const { schema: old, name } of evolved) {
      body.writeLine('    {');
      body.writeLine('      schema:');
      const lines = jsonLines(old);
      for (const [index, line] of lines.entries())
        body.writeLine(`        ${line}${index === lines.length - 1 ? ',' : ''}`);
      body.writeLine(`      read: ${name},`);
      body.writeLine('    },');
    }
    body.writeLine('  ],');
  }
  body.writeLine('});');
  body.blankLine();
}

function printEnumFunctions(identifier: string, { symbols }: EnumType, { read, write }: Names, printer: Printer): void {
  const { body } = printer;
  const constant = printer.declare('symbols');
  const reader = printer.useType({ from: RUNTIME, name: 'Reader' });
  const writer = printer.useType({ from: RUNTIME, name: 'Writer' });
  const readEnum = printer.use({ from: CODEGEN, name: 'readEnum' });
  const writeEnum = printer.use({ from: CODEGEN, name: 'writeEnum' });
  const lines = arrayLines(`const ${constant}: readonly ${identifier}[] = `, symbols.map(stringLiteral), ';');
  for (const line of lines) body.writeLine(line);
  body.blankLine();
  body.writeLine(`export function ${read}(r: ${reader}): ${identifier} {`);
  body.writeLine(`  return ${readEnum}(r, ${constant});`);
  body.writeLine('}');
  body.blankLine();
  body.writeLine(`export function ${write}(w: ${writer}, value: ${identifier}): void {`);
  body.writeLine(`  ${writeEnum}(w, ${constant}, value);`);
  body.writeLine('}');
}

/** A codec's type: of a record, with the fields that have defaults. */
function parameterLines(head: string, identifier: string, type: AvroType, end: string): readonly string[] {
  const fields = type.kind === 'record' ? type.fields : [];
  const defaults = fields.filter((field) => field.default !== undefined);
  if (defaults.length === 0) return [`${head}${identifier}${end}`];
  const all = defaults.length === fields.length && fields.length > 2;
  const names = all ? [`keyof ${identifier}`] : defaults.map(({ name }) => stringLiteral(name));
  const line = `${head}${identifier}, ${names.join(' | ')}${end}`;
  if (line.length <= WIDTH) return [line];
  return [head, `  ${identifier},`, ...unionLines(' ', names.join(' | '), ''), end];
}

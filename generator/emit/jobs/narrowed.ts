import { planRead, type RecordType } from '@kgen/runtime/schema';
import type { InputModel, TypeModel } from '../../model/model.ts';
import { CODEGEN, RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import type { EmitContext } from '../types/context.ts';
import { emitReader } from '../types/reader.ts';
import type { Narrowed } from './names.ts';
import { narrowedText } from './types.ts';

/** The codec that reads an input's fields, and the compiled function behind it. */
export function printNarrowed({ input, codec, reader }: Narrowed, printer: Printer, context: EmitContext): void {
  const type = recordOf(input);
  if (type === undefined || input.fields === undefined) return;
  const { body } = printer;
  const fields = fieldsRead(input, type.record);
  const whole = printer.useType({ from: type.model.path, name: type.model.identifier });
  const projectionCodec = printer.useType({ from: RUNTIME, name: 'ProjectionCodec' });
  const projection = printer.use({ from: CODEGEN, name: 'projection' });
  body.writeLine(`/** What the job reads of \`${type.record.name}\`; the other fields are skipped. */`);
  body
    .write(`const ${codec}: ${projectionCodec}<${narrowedText(whole, fields)}> = /* @__PURE__ */ ${projection}(`)
    .inlineBlock(() => {
      body.writeLine(`of: () => ${printer.use({ from: type.model.path, name: type.model.identifier })},`);
      body.writeLine(`fields: [${fields.map(stringLiteral).join(', ')}],`);
      body.writeLine(`read: ${reader},`);
    });
  body.write(');').newLine().blankLine();
  const narrow: RecordType = { ...type.record, fields: type.record.fields.filter(({ name }) => fields.includes(name)) };
  const returns = narrowedText(whole, fields);
  emitReader(printer, planRead(type.record, narrow), { name: reader, type: narrow, returns }, context);
}

function recordOf({ topic }: InputModel): { readonly model: TypeModel; readonly record: RecordType } | undefined {
  const model = 'types' in topic.value ? topic.value.types[0]?.type : undefined;
  return model !== undefined && !('primitive' in model) && model.type.kind === 'record'
    ? { model, record: model.type }
    : undefined;
}

/** In the schema's order: those the handler sees, and the one its event time is in. */
function fieldsRead({ topic, fields = [] }: InputModel, record: RecordType): readonly string[] {
  const needed = new Set([...fields, ...(topic.timestampFrom?.steps.slice(0, 1).map(({ name }) => name) ?? [])]);
  return record.fields.map(({ name }) => name).filter((name) => needed.has(name));
}

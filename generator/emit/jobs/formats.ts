import type { AvroReference, FormatModel } from '../../model/model.ts';
import type { Printer } from '../printer.ts';
import { CODEGEN } from './names.ts';

/** An expression of a format; `codec` reads its values where it is not the type's own. */
export function formatText(format: FormatModel, printer: Printer, codec?: string): string {
  if (!('types' in format)) return printer.use({ from: CODEGEN, name: format.kind });
  const name = { avro: 'avro', confluent: 'confluent', 'single-object': 'singleObject', 'typed-json': 'typedJson' }[
    format.kind
  ];
  const [reference] = format.types;
  const id = reference?.id === undefined ? '' : `, { id: ${reference.id} }`;
  const own = codec ?? (reference === undefined ? '' : codecText(reference, printer));
  return `${printer.use({ from: CODEGEN, name })}(() => ${own}${id})`;
}

/** A codec's name, or a call that makes one where the type needs no file. */
export function codecText({ type }: AvroReference, printer: Printer): string {
  if (!('primitive' in type)) return printer.use({ from: type.path, name: type.identifier });
  const { primitive } = type;
  const primitiveCodec = printer.use({ from: CODEGEN, name: 'primitiveCodec' });
  const asNumber = primitive.kind === 'long' && primitive.as === 'number' ? `, 'number'` : '';
  return `${primitiveCodec}('${primitive.kind}'${asNumber})`;
}

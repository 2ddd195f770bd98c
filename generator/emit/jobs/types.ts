import type { AvroReference, FormatModel, StateModel } from '../../model/model.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { RUNTIME } from './names.ts';

const PLAIN = {
  utf8: 'string',
  bytes: 'Uint8Array',
  int32: 'number',
  int64: 'bigint',
  float64: 'number',
  json: 'Json',
};

export function formatTypeText(format: FormatModel, printer: Printer): string {
  if ('types' in format) return format.types.map((reference) => referenceText(reference, printer)).join(' | ');
  return format.kind === 'json' ? printer.useType({ from: RUNTIME, name: 'Json' }) : PLAIN[format.kind];
}

/** `Pick<Flight, 'origin' | 'delay'>` */
export function narrowedText(whole: string, fields: readonly string[]): string {
  return `Pick<${whole}, ${fields.map(stringLiteral).join(' | ')}>`;
}

/** `ValueState<DelayTotal>`, `MapState<string, Seat>` */
export function stateTypeText({ kind, key, value }: StateModel, printer: Printer): string {
  const name = { value: 'ValueState', list: 'ListState', map: 'MapState' }[kind];
  const parameters = [key, value].flatMap((reference) =>
    reference === undefined ? [] : referenceText(reference, printer),
  );
  return `${printer.useType({ from: RUNTIME, name })}<${parameters.join(', ')}>`;
}

function referenceText({ type }: AvroReference, printer: Printer): string {
  if (!('primitive' in type)) return printer.useType({ from: type.path, name: type.identifier });
  const { primitive } = type;
  if (!('as' in primitive)) return 'unknown';
  return primitive.as === 'bytes' ? 'Uint8Array' : primitive.as;
}

import type { StateModel } from '../../model/model.ts';
import { RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';
import { referenceTypeText } from '../topics/formats.ts';

/** `Pick<Flight, 'origin' | 'delay'>` */
export function narrowedText(whole: string, fields: readonly string[]): string {
  return `Pick<${whole}, ${fields.map(stringLiteral).join(' | ')}>`;
}

/** `ValueState<DelayTotal>`, `MapState<string, Seat>` */
export function stateTypeText({ kind, key, value }: StateModel, printer: Printer): string {
  const name = { value: 'ValueState', list: 'ListState', map: 'MapState' }[kind];
  const parameters = [...(key === undefined ? [] : [key]), value].map((each) => referenceTypeText(each, printer));
  return `${printer.useType({ from: RUNTIME, name })}<${parameters.join(', ')}>`;
}

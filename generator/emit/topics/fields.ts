import { type KeyConversion, keyConversion, timeConversion } from '../../model/field-conversion.ts';
import type { FieldPath, FormatModel } from '../../model/model.ts';
import { CODEGEN } from '../packages.ts';
import type { Printer } from '../printer.ts';

/** The body of `(value) => …` that gives a value's key, or the part of it that partitions; null where the field is. */
export function keyText(field: FieldPath, format: FormatModel): string {
  const conversion = keyConversion(format, field.type);
  return fieldText(field, 'null', (text) => (typeof conversion === 'string' ? keyConverted(text, conversion) : text));
}

/** The body of `(value) => …` that gives a value's time in milliseconds as a bigint; undefined where the field is null. */
export function timeText(field: FieldPath, printer: Printer): string {
  const conversion = timeConversion(field.type);
  return fieldText(field, 'undefined', (text) => {
    switch (conversion) {
      case 'date':
        return `BigInt(${text}.getTime())`;
      case 'bigint':
        return `BigInt(${text})`;
      case 'iso':
        return `${printer.use({ from: CODEGEN, name: 'millisOfIso' })}(${text})`;
      case 'micros-bigint':
        return `${text} / 1_000n`;
      case 'micros-number':
        return `BigInt(Math.trunc(${text} / 1_000))`;
      case 'nanos-bigint':
        return `${text} / 1_000_000n`;
      default:
        return text;
    }
  });
}

function keyConverted(text: string, conversion: KeyConversion): string {
  switch (conversion) {
    case 'none':
      return text;
    case 'bigint':
      return `BigInt(${text})`;
    case 'date':
      return `BigInt(${text}.getTime())`;
  }
}

/** The expression of a field, `absent` where a null stands in or before it. */
function fieldText({ steps, inBranch }: FieldPath, absent: string, convert: (text: string) => string): string {
  const root = inBranch ? 'value.value' : 'value';
  const plain = [root, ...steps.map(({ name }) => name)].join('.');
  if (!steps.some(({ nullable }) => nullable)) return convert(plain);
  // What comes after a field that may be null is reached by `?.`, and then may be undefined as well.
  const guarded = root + steps.map(({ name }, i) => `${steps[i - 1]?.nullable ? '?' : ''}.${name}`).join('');
  const converted = convert(plain);
  if (converted === plain && absent === 'null') return guarded === plain ? plain : `${guarded} ?? null`;
  if (converted === plain) return `${guarded} ?? ${absent}`;
  return `${guarded} ${guarded === plain ? '===' : '=='} null ? ${absent} : ${converted}`;
}

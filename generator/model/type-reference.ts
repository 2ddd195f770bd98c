import { type AvroType, isPrimitiveName, type PrimitiveName, type TypeMapping } from '@kgen/runtime/schema';
import { closest } from '../config/closest.ts';
import type { AvroReference, TypeModel } from './model.ts';
import type { Problem } from './topic-name.ts';

const PRIMITIVES: readonly PrimitiveName[] = ['boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

/** A type by the name that the config gives it: a generated type's full name, or a primitive's. */
export function referTo(
  name: string,
  types: readonly TypeModel[],
  mapping: TypeMapping | undefined,
): AvroReference | Problem {
  const type = types.find(({ fullName }) => fullName === name);
  if (type !== undefined) return { type };
  if (name !== 'null' && isPrimitiveName(name)) return { type: { primitive: primitiveType(name, mapping) } };
  if (name === 'null') return { reason: 'null is no type for data', hint: 'Give a type that has values' };
  const namesakes = types.filter(({ fullName }) => fullName.endsWith(`.${name}`)).map(({ fullName }) => fullName);
  const near = closest(name, [...types.map(({ fullName }) => fullName), ...PRIMITIVES]);
  const meant = namesakes.length > 0 ? namesakes : near === undefined ? [] : [near];
  const hint =
    meant.length > 0 ? `Did you mean '${meant.join("' or '")}'?` : 'Give the full name of a type in your schemas';
  return { reason: `there is no type ${JSON.stringify(name)}`, hint, missingType: true };
}

export function avroTypeOf({ type }: AvroReference): AvroType {
  return 'primitive' in type ? type.primitive : type.type;
}

/** What people call the type. */
export function nameOf({ type }: AvroReference): string {
  return 'primitive' in type ? type.primitive.kind : type.fullName;
}

function primitiveType(kind: PrimitiveName, mapping: TypeMapping | undefined): AvroType {
  switch (kind) {
    case 'long':
      return { kind, as: mapping?.long ?? 'bigint' };
    case 'int':
    case 'float':
    case 'double':
      return { kind, as: 'number' };
    default:
      return { kind, as: kind };
  }
}

import type { AvroType, Field } from '@kgen/runtime/schema';
import { closest } from '../config/closest.ts';
import type { FieldPath, FieldStep, FormatModel } from './model.ts';
import { branchesOf } from './topic-branches.ts';
import type { Problem } from './topic-name.ts';
import { avroTypeOf, nameOf } from './type-reference.ts';

/** The field that a config's `a.b` means in the values of a topic. */
export function fieldPath(value: FormatModel, option: string): FieldPath | Problem {
  if (!('types' in value)) {
    if (value.kind === 'own') {
      const hint = 'Remove the option: keys and times can be given where records are emitted';
      return { reason: 'kgen does not know what the values of a format of your own hold', hint };
    }
    const hint = 'Give the value an Avro type, or remove the option';
    return { reason: `a value in format '${value.kind}' has no fields`, hint };
  }
  const { tagged, branches } = branchesOf(value.types);
  let path: FieldPath | undefined;
  for (const { reference } of branches) {
    const name = nameOf(reference);
    const field = inType(avroTypeOf(reference), name, option.split('.'), tagged);
    if ('reason' in field) return field;
    if (path !== undefined && formOf(field.type) !== formOf(path.type)) {
      const reason = `field '${option}' is ${describe(path.type)} in one of the topic's types, ${describe(field.type)} in ${name}`;
      return { reason, hint: 'Choose a field that is alike in all types of the topic' };
    }
    path = path === undefined ? field : merge(path, field);
  }
  return path ?? { reason: 'the value has no type', hint: 'Give it one' };
}

/** Equal where values look alike in TypeScript. */
function formOf(type: AvroType): string {
  if (type.kind === 'enum') return 'string';
  if ('as' in type) return [type.as, type.kind, type.logical?.name].join(' ');
  return type.kind === 'record' ? type.name : type.kind;
}

function inType(root: AvroType, name: string, names: readonly string[], inBranch: boolean): FieldPath | Problem {
  let type = root;
  let where = name;
  const steps: FieldStep[] = [];
  for (const step of names) {
    if (type.kind !== 'record') {
      const hint = 'A path leads through records to one of their fields; arrays, maps and unions end it';
      return { reason: `${where} is ${describe(type)}, which has no field '${step}'`, hint };
    }
    const field = type.fields.find((candidate) => candidate.name === step);
    if (field === undefined) return unknownField(type.name, type.fields, step);
    const { nullable, inner } = withoutNull(field.type);
    where = `${type.name}.${step}`;
    if (inner === undefined) {
      return { reason: `${where} is a union`, hint: 'Choose a field of one type, which may be null besides' };
    }
    steps.push({ name: step, nullable });
    type = inner;
  }
  return { steps, type, inBranch };
}

function unknownField(record: string, fields: readonly Field[], name: string): Problem {
  const known = fields.map((field) => field.name);
  const near = closest(name, known);
  const all = known.length === 0 ? 'It has no fields' : `Its fields are ${known.join(', ')}`;
  const hint = near === undefined ? all : `Did you mean '${near}'?`;
  return { reason: `${record} has no field ${JSON.stringify(name)}`, hint };
}

/** `inner` is undefined where more than one type is left. */
function withoutNull(type: AvroType): { readonly nullable: boolean; readonly inner: AvroType | undefined } {
  if (type.kind !== 'union') return { nullable: false, inner: type };
  const others = type.branches.filter((branch) => branch.type.kind !== 'null');
  const [only] = others;
  return {
    nullable: others.length < type.branches.length,
    // A tagged union of one type cannot be: its values would still be `{ branch, value }`.
    inner: others.length === 1 && !type.tagged ? only?.type : undefined,
  };
}

function merge(a: FieldPath, b: FieldPath): FieldPath {
  const steps = a.steps.map((step, i) => ({ ...step, nullable: step.nullable || b.steps[i]?.nullable === true }));
  return { ...a, steps };
}

/** The type in a few words, for a finding. */
export function describe(type: AvroType): string {
  switch (type.kind) {
    case 'record':
    case 'enum':
    case 'fixed':
      return `the ${type.kind} ${type.name}`;
    case 'array':
      return 'an array';
    case 'map':
      return 'a map';
    case 'union':
      return 'a union';
    default:
      return type.logical === undefined ? `of type ${type.kind}` : `of type ${type.kind} (${type.logical.name})`;
  }
}

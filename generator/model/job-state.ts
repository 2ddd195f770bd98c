import type { AvroType, PrimitiveName, TypeMapping } from '@kgen/runtime/schema';
import { closest } from '../config/closest.ts';
import type { StateConfig } from '../config/config.ts';
import { isUsableProperty } from './job-names.ts';
import type { JobSurroundings } from './jobs.ts';
import type { AvroReference, StateModel } from './model.ts';

const PRIMITIVES: readonly PrimitiveName[] = ['boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

/** Keyed state of a job. What has findings is left out. */
export function buildState(
  state: { readonly [name: string]: StateConfig },
  path: string,
  around: JobSurroundings,
): readonly StateModel[] {
  return Object.entries(state).flatMap(([name, declared]) => {
    const at = `${path}.${name}`;
    if (!isUsableProperty(name)) {
      const where = `${path}[${JSON.stringify(name)}]`;
      around.report(where, `${JSON.stringify(name)} cannot name a state`, 'Use letters, digits and _, such as `total`');
      return [];
    }
    if (typeof declared === 'string') return present({ name, kind: 'value', value: find(declared, at, around) });
    if ('list' in declared) {
      return present({ name, kind: 'list', value: find(declared.list, `${at}.list`, around) });
    }
    const key = find(declared.key, `${at}.key`, around);
    const value = find(declared.map, `${at}.map`, around);
    if (key === undefined) return [];
    const keyType = avroTypeOf(key);
    if (holdsMap(keyType, new Set())) {
      const reason = `${declared.key} holds a map, whose entries have no order: equal keys would not be found again`;
      around.report(`${at}.key`, reason, 'Use a key without maps, such as string, long or a record of such fields');
      return [];
    }
    return present({ name, kind: 'map', value, key });
  });
}

function present(
  state: Omit<StateModel, 'value'> & { readonly value: AvroReference | undefined },
): readonly StateModel[] {
  const { value } = state;
  return value === undefined ? [] : [{ ...state, value }];
}

function find(name: string, path: string, { config, types, report }: JobSurroundings): AvroReference | undefined {
  const primitive = PRIMITIVES.find((candidate) => candidate === name);
  if (primitive !== undefined) return { type: { primitive: primitiveType(primitive, config.types) } };
  const type = types.find(({ fullName }) => fullName === name);
  if (type !== undefined) return { type };
  if (name === 'null') {
    report(
      path,
      'null cannot be remembered: it is what a state without a value is',
      'Give another type, such as boolean',
    );
    return undefined;
  }
  const known = [...types.map(({ fullName }) => fullName), ...PRIMITIVES];
  const sameSimpleName = types.filter(({ fullName }) => fullName.endsWith(`.${name}`)).map(({ fullName }) => fullName);
  const near = sameSimpleName.length > 0 ? sameSimpleName.join("' or '") : closest(name, known);
  const hint =
    near === undefined
      ? `Give the full name of a type in your schemas, or one of ${PRIMITIVES.join(', ')}`
      : `Did you mean '${near}'?`;
  report(path, `there is no type '${name}'`, hint);
  return undefined;
}

function primitiveType(kind: PrimitiveName, mapping: TypeMapping | undefined): AvroType {
  switch (kind) {
    case 'long':
      return { kind, as: mapping?.long ?? 'bigint' };
    case 'int':
    case 'float':
    case 'double':
      return { kind, as: 'number' };
    case 'null':
    case 'boolean':
    case 'bytes':
    case 'string':
      return { kind, as: kind };
  }
}

function avroTypeOf({ type }: AvroReference): AvroType {
  return 'primitive' in type ? type.primitive : type.type;
}

function holdsMap(type: AvroType, seen: Set<AvroType>): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  switch (type.kind) {
    case 'map':
      return true;
    case 'array':
      return holdsMap(type.items, seen);
    case 'union':
      return type.branches.some((branch) => holdsMap(branch.type, seen));
    case 'record':
      return type.fields.some((field) => holdsMap(field.type, seen));
    default:
      return false;
  }
}

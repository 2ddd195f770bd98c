import type { AvroType } from '@kgen/runtime/schema';
import type { StateConfig } from '../config/config.ts';
import { isUsableProperty } from './job-names.ts';
import { type JobSurroundings, quoted } from './job-surroundings.ts';
import type { AvroReference, StateModel } from './model.ts';
import { avroTypeOf, referTo } from './type-reference.ts';

/** Keyed state of a job. What has findings is left out. */
export function buildState(
  state: { readonly [name: string]: StateConfig },
  path: string,
  around: JobSurroundings,
): readonly StateModel[] {
  return Object.entries(state).flatMap(([name, declared]) => {
    const at = `${path}.${name}`;
    if (!isUsableProperty(name)) {
      const where = `${path}[${quoted(name)}]`;
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

function find(
  name: string,
  path: string,
  { config, types, complete, report }: JobSurroundings,
): AvroReference | undefined {
  const found = referTo(name, types, config.types);
  if (!('reason' in found)) return found;
  if (complete || found.missingType !== true) report(path, found.reason, found.hint);
  return undefined;
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

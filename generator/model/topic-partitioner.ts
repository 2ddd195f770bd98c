import type { PartitionerConfig } from '../config/config.ts';
import { plainFormatOf } from './field-conversion.ts';
import { describe, fieldPath } from './field-path.ts';
import type { FormatModel, PartitionerModel } from './model.ts';
import { isTaken } from './names.ts';
import type { Problem } from './topic-name.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** A path or a package, without what could end a string or mean something to a module loader. */
const MODULE = /^(?:\.{1,2}\/|@?[a-zA-Z0-9])[^'"`\\?#%*\p{Cc}\u2028\u2029]*$/u;

/** What a partitioner in the config means, or what is wrong with it; a problem's `at` is a path inside it. */
export function buildPartitioner(
  config: PartitionerConfig,
  value: FormatModel,
): PartitionerModel | (Problem & { readonly at?: string }) {
  if (typeof config === 'string') return { kind: config };
  if ('import' in config) return importedFunction(config);
  const field = fieldPath(value, config.field);
  if ('reason' in field) return { ...field, at: 'field' };
  const format = plainFormatOf(field.type);
  if (format !== undefined) return { kind: 'field', field, format };
  return {
    at: 'field',
    reason: `the field is ${describe(field.type)}, which has no bytes to hash`,
    hint: 'Choose a field that holds text, a number, a timestamp or bytes',
  };
}

function importedFunction({
  import: name,
  from,
}: {
  readonly import: string;
  readonly from: string;
}): PartitionerModel | (Problem & { readonly at: string }) {
  if (!IDENTIFIER.test(name) || isTaken(name)) {
    const hint = 'Export the function by a name of its own, and give that name';
    return { at: 'import', reason: `${JSON.stringify(name)} cannot be imported by its name`, hint };
  }
  if (!MODULE.test(from)) {
    const hint = "Give a path relative to the config that starts with './', or a package";
    return { at: 'from', reason: `${JSON.stringify(from)} is not a module`, hint };
  }
  if (from.startsWith('.') && !/\.(?:ts|[cm]?js)$/.test(from)) {
    return { at: 'from', reason: `'${from}' has no extension`, hint: `Name the file: '${from}.ts'` };
  }
  // Node does not strip types in packages, so a file of the project is meant.
  if (!from.startsWith('.') && /\.[cm]?ts$/.test(from)) {
    const hint = `Write './${from}' for a file relative to the config`;
    return { at: 'from', reason: `'${from}' would be a package`, hint };
  }
  return { kind: 'function', name, from };
}

import type { PartitionerConfig } from '../config/config.ts';
import { plainFormatOf } from './field-conversion.ts';
import { describe, fieldPath } from './field-path.ts';
import type { FormatModel, PartitionerModel } from './model.ts';
import type { Problem } from './topic-name.ts';
import { userExport } from './user-export.ts';

/** What a partitioner in the config means, or what is wrong with it; a problem's `at` is a path inside it. */
export function buildPartitioner(
  config: PartitionerConfig,
  value: FormatModel,
  out: string,
): PartitionerModel | (Problem & { readonly at?: string }) {
  if (typeof config === 'string') return { kind: config };
  if ('import' in config) {
    const found = userExport(config, 'function', out);
    return 'reason' in found ? found : { kind: 'function', ...found };
  }
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

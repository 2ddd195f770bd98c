import { AvroEncodeError } from './errors.ts';
import { setMember } from './own-member.ts';
import { defaultValue } from './schema/defaults.ts';
import type { RecordType } from './schema/type.ts';
import { fieldOf, isRecordLike } from './value-kind.ts';

/**
 * A record with the members of `init`, and the defaults of fields it leaves out. Members that are no fields are dropped.
 * @throws AvroEncodeError where a field without default is missing
 */
export function createRecord(type: RecordType, init: unknown): { [name: string]: unknown } {
  if (!isRecordLike(init)) throw new AvroEncodeError('create takes an object', { code: 'type', path: '' });
  const record: { [name: string]: unknown } = {};
  for (const field of type.fields) {
    let value = fieldOf(init, field.name);
    if (value === undefined) {
      if (field.default === undefined) {
        throw new AvroEncodeError('missing, and without a default', { code: 'type', path: field.name });
      }
      value = defaultValue(field);
    }
    setMember(record, field.name, value);
  }
  return record;
}

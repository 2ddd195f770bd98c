import { AvroSchemaError } from '../errors.ts';
import type { AvroType, RecordType } from './type.ts';

/**
 * A record with some of its fields: reading into it skips the others.
 * @throws AvroSchemaError where the type is no record, or has no such field
 */
export function narrowRecord(type: AvroType, fields: readonly string[]): RecordType {
  const known = type.kind === 'record' ? type.fields.map(({ name }) => name) : [];
  const unknown = fields.filter((name) => !known.includes(name));
  if (type.kind !== 'record' || unknown.length > 0) {
    const what =
      type.kind === 'record' ? `${type.name} has no field ${unknown.join(', ')}` : `a ${type.kind} has no fields`;
    throw new AvroSchemaError('schema', [{ path: '', reason: what, hint: 'Run `kgen generate`' }]);
  }
  return { ...type, fields: type.fields.filter(({ name }) => fields.includes(name)) };
}

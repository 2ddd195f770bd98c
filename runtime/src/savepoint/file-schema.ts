import { typeOfCodec } from '../codec/linked-schema.ts';
import { parseJson } from '../codec/schema/json.ts';
import { isName } from '../codec/schema/name.ts';
import { normalizedDefinition, publishedSchema } from '../codec/schema/normalized-schema.ts';
import { parseSchema, readSchemas } from '../codec/schema/read-schemas.ts';
import type { AvroType, Branch, Field, JsonObject, RecordType } from '../codec/schema/type.ts';
import { JobError } from '../task/job-error.ts';
import type { KeyType } from './key-type.ts';
import type { SavedState } from './saved-state.ts';
import { NAMESPACE, TASK_TYPE, TIME_TYPE } from './task-record.ts';

/** On the record of a state: which it is. */
export const STATE_PROPERTY = 'kgen.state';
export const KIND_PROPERTY = 'kgen.kind';

/** The schema of the values of a savepoint's file: a union of the task's record, one for each state, and that of the end, in this order. */
export function fileSchema(key: KeyType, states: readonly SavedState[]): string {
  const wanted: AvroType[] = [parseSchema(key.schema), TASK_TYPE, TIME_TYPE];
  for (const { value, member } of states) wanted.push(typeOfCodec(value), typeOfCodec(member ?? value));
  const [keyType, task, time, ...types] = oneGraph(wanted);
  if (keyType === undefined || task === undefined || time === undefined) throw new TypeError('types are missing');
  const records = states.map((state, i) => {
    const [value = keyType, member = keyType] = types.slice(2 * i);
    return stateRecord(state, i, { key: keyType, value, member, time });
  });
  const branches = [task, ...records, END].map((type): Branch => ({ tag: '', type }));
  return publishedSchema({ kind: 'union', branches, tagged: true }, new Set());
}

/** The last record: a file without it is cut off. */
const END: RecordType = {
  ...record('End', {}, [field('values', { kind: 'long', as: 'number' }, 'How many values of state there are.')]),
  doc: 'The savepoint is whole.',
};

/** The same types, where each named one is one object: a schema defines it where it comes first, and names it afterwards. */
function oneGraph(types: readonly AvroType[]): readonly AvroType[] {
  const definitions = types.map((type, i) => ({
    source: `#${i}`,
    schema: parseJson(publishedSchema(type, new Set())),
  }));
  const uses = types.map((type, i) => ({
    source: `use ${i}`,
    schema: 'name' in type ? type.name : parseJson(normalizedDefinition(type)),
  }));
  const { roots, problems } = readSchemas([...definitions, ...uses], {}, { defaults: 'ignore' });
  const [problem] = problems;
  if (problem === undefined) return roots.slice(types.length);
  const what = `the job's states have no common schema: ${problem.reason}`;
  throw new JobError('JOB_SAVEPOINT', `${what}. ${problem.hint}`);
}

interface StateTypes {
  readonly key: AvroType;
  readonly value: AvroType;
  readonly member: AvroType;
  readonly time: AvroType;
}

function stateRecord({ kind, name }: SavedState, index: number, { key, value, member, time }: StateTypes): RecordType {
  switch (kind) {
    case 'timer': {
      const id = field('id', STRING, "The timer's name.");
      const eventTime = field('eventTime', { kind: 'boolean', as: 'boolean' }, 'By the watermark; else by the clock.');
      return record('Timer', { [KIND_PROPERTY]: kind }, [field('key', key), id, field('time', time), eventTime]);
    }
    case 'list': {
      const item = field('index', { kind: 'int', as: 'number' }, 'In the list, from 0.');
      return stateOf(name, index, kind, [field('key', key), item, field('value', value)]);
    }
    case 'map':
      return stateOf(name, index, kind, [field('key', key), field('entry', member), field('value', value)]);
    case 'value':
      return stateOf(name, index, kind, [field('key', key), field('value', value)]);
  }
}

const STRING: AvroType = { kind: 'string', as: 'string' };

/** Names in TypeScript may have other signs than Avro's. */
function stateOf(name: string, index: number, kind: SavedState['kind'], fields: readonly Field[]): RecordType {
  const simple = isName(name) ? name : `state${index}`;
  return record(`state.${simple}`, { [KIND_PROPERTY]: kind, [STATE_PROPERTY]: name }, fields);
}

function record(name: string, properties: JsonObject, fields: readonly Field[]): RecordType {
  return { kind: 'record', name: `${NAMESPACE}.${name}`, aliases: [], fields, properties };
}

function field(name: string, type: AvroType, doc?: string): Field {
  return { name, aliases: [], type, ...(doc === undefined ? {} : { doc }) };
}

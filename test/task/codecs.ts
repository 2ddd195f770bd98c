import type { Codec, RecordCodec } from '@kgen/runtime';
import {
  primitiveCodec,
  readDouble,
  readInt,
  readString,
  recordCodec,
  writeDouble,
  writeInt,
  writeString,
} from '@kgen/runtime/codegen/v1';
import { interpretedCodec } from '../support/interpreted-codec.ts';

// As a generator would write them, in short.

export interface Count {
  count: number;
  sum: number;
}

export const Count: RecordCodec<Count> = recordCodec({
  schema:
    '{"type":"record","name":"test.Count","fields":[{"name":"count","type":"int"},{"name":"sum","type":"double"}]}',
  read: (r) => ({ count: readInt(r), sum: readDouble(r) }),
  write(w, value) {
    writeInt(w, value.count);
    writeDouble(w, value.sum);
  },
});

/** What `Count` may become: a field more, with a default, and a wider one. */
export interface WideCount {
  count: number;
  sum: number;
  note: string;
}

export const WideCount: RecordCodec<WideCount, 'note'> = recordCodec({
  schema:
    '{"type":"record","name":"test.Count","fields":[{"name":"note","type":"string","default":"none"},{"name":"count","type":"double"},{"name":"sum","type":"double"}]}',
  read: (r) => ({ note: readString(r), count: readDouble(r), sum: readDouble(r) }),
  write(w, value) {
    writeString(w, value.note);
    writeDouble(w, value.count);
    writeDouble(w, value.sum);
  },
});

/** What it may not: a count that is a day from now on, beside a field more. */
export const DayCount: Codec<unknown> = interpretedCodec({
  type: 'record',
  name: 'test.Count',
  fields: [
    { name: 'count', type: { type: 'int', logicalType: 'date' } },
    { name: 'sum', type: 'double' },
    { name: 'note', type: 'string', default: '' },
  ],
});

export const Text: Codec<string> = primitiveCodec('string');
export const Int: Codec<number> = primitiveCodec('int');

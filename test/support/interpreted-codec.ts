import type { Codec, Reader, RecordCodec, Writer } from '@kgen/runtime';
import { type AvroType, interpret, parseSchema, planRead, type TypeMapping } from '@kgen/runtime/schema';
import { type BaseValue, conversionOf } from '../../runtime/src/codec/conversion.ts';
import { recordCodec } from '../../runtime/src/codec/make-codec.ts';
import { writeBlockEnd } from '../../runtime/src/codec/primitives/block.ts';
import { writeBytes, writeFixed } from '../../runtime/src/codec/primitives/bytes.ts';
import { beginArray, beginMap } from '../../runtime/src/codec/primitives/members.ts';
import { writeString } from '../../runtime/src/codec/primitives/text.ts';
import {
  writeBoolean,
  writeDouble,
  writeFloat,
  writeInt,
  writeLong,
} from '../../runtime/src/codec/primitives/write.ts';
import { valueKind } from '../../runtime/src/codec/schema/union.ts';
import { kindOf } from '../../runtime/src/codec/value-kind.ts';

/**
 * A codec without generated code: reading interpreted, writing by walking the type. The schema is JSON text, the name
 * of a primitive, or what JSON text stands for. `create` is for records only.
 */
export function interpretedCodec<T = unknown>(schema: string | object, mapping: TypeMapping = {}): RecordCodec<T> {
  const isText = typeof schema === 'string' && !/^[a-z]/.test(schema);
  const text = isText ? schema : JSON.stringify(schema);
  const type = parseSchema(text, mapping);
  const read = interpret(planRead(type, type)) as (r: Reader) => T;
  return recordCodec<T>({ schema: text, mapping, read, write: (w: Writer, value: T) => writeValue(w, type, value) });
}

export type AnyCodec = Codec<unknown>;

/** Writes a value by its type. Checks little: the codec explains failures. */
export function writeValue(w: Writer, type: AvroType, value: unknown): void {
  switch (type.kind) {
    case 'record':
      for (const field of type.fields) writeValue(w, field.type, (value as { [name: string]: unknown })[field.name]);
      return;
    case 'enum': {
      const index = type.symbols.indexOf(value as string);
      if (index < 0) throw new Error('no such symbol');
      writeInt(w, index);
      return;
    }
    case 'array': {
      const items = value as readonly unknown[];
      beginArray(w, items);
      for (const item of items) writeValue(w, type.items, item);
      writeBlockEnd(w);
      return;
    }
    case 'map': {
      const map = value as { readonly [key: string]: unknown };
      for (const key of beginMap(w, map)) {
        writeString(w, key);
        writeValue(w, type.values, map[key]);
      }
      writeBlockEnd(w);
      return;
    }
    case 'union': {
      const tagged = value as { readonly branch: string; readonly value: unknown };
      const index = type.branches.findIndex(({ tag, type: branch }) => {
        if (value === null) return branch.kind === 'null';
        return type.tagged ? tag === tagged.branch : branch.kind !== 'union' && valueKind(branch) === kindOf(value);
      });
      const branch = type.branches[index];
      if (branch === undefined) throw new Error('no such branch');
      writeInt(w, index);
      writeValue(w, branch.type, type.tagged && value !== null ? tagged.value : value);
      return;
    }
    default: {
      const to = conversionOf(type)?.to as ((value: unknown) => BaseValue) | undefined;
      const base = (to === undefined ? value : to(value)) as never;
      switch (type.kind) {
        case 'null':
          if (base !== null) throw new Error('not null');
          return;
        case 'boolean':
          writeBoolean(w, base);
          return;
        case 'int':
          writeInt(w, base);
          return;
        case 'long':
          writeLong(w, base);
          return;
        case 'float':
          writeFloat(w, base);
          return;
        case 'double':
          writeDouble(w, base);
          return;
        case 'bytes':
          writeBytes(w, base);
          return;
        case 'string':
          writeString(w, base);
          return;
        case 'fixed':
          writeFixed(w, base, type.size);
      }
    }
  }
}

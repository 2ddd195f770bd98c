import { MAX_DEPTH } from '../errors.ts';
import { skipSizedBlocks } from '../primitives/block.ts';
import { skipBytes } from '../primitives/bytes.ts';
import { decodeFailure } from '../primitives/failure.ts';
import { readBoolean, skip } from '../primitives/number.ts';
import { readEnumIndex, readUnionIndex, skipInt, skipLong } from '../primitives/varint.ts';
import type { Reader } from '../reader.ts';
import type { AvroType, RecordType, UnionType } from '../schema/type.ts';
import { MinimumSizes } from './item-size.ts';
import { RecursiveRecords } from './recursion.ts';

export type Skip = (r: Reader) => void;

/** Makes functions that step over values of a writer's types. Refuses what reading would, but for the content of text and of blocks that state their size. */
export class Skipper {
  readonly #records = new Map<RecordType, Skip>();
  readonly #recursive = new RecursiveRecords();
  readonly #sizes = new MinimumSizes();

  skipping(type: AvroType): Skip {
    switch (type.kind) {
      case 'null':
        return skipNothing;
      case 'boolean':
        return readBoolean;
      case 'int':
        return skipInt;
      case 'long':
        return skipLong;
      case 'float':
        return (r) => skip(r, 4);
      case 'double':
        return (r) => skip(r, 8);
      case 'bytes':
      case 'string':
        return skipBytes;
      case 'fixed': {
        const { size } = type;
        return (r) => skip(r, size);
      }
      case 'enum': {
        const count = type.symbols.length;
        return (r) => {
          readEnumIndex(r, count);
        };
      }
      case 'array':
        return skipBlocks(this.#sizes.of(type.items), this.skipping(type.items));
      case 'map': {
        const values = this.skipping(type.values);
        return skipBlocks(1 + this.#sizes.of(type.values), (r) => {
          skipBytes(r);
          values(r);
        });
      }
      case 'union':
        return this.#union(type);
      case 'record':
        return this.#record(type);
    }
  }

  #union(type: UnionType): Skip {
    const branches: Skip[] = [];
    for (const branch of type.branches) branches.push(this.skipping(branch.type));
    return (r) => branches[readUnionIndex(r, branches.length)]?.(r);
  }

  #record(type: RecordType): Skip {
    const known = this.#records.get(type);
    if (known !== undefined) return known;
    const fields: Skip[] = [];
    const skipFields: Skip = (r) => {
      for (const field of fields) field(r);
    };
    const made: Skip = this.#recursive.has(type)
      ? (r) => {
          enter(r);
          for (const field of fields) field(r);
          r.depth--;
        }
      : skipFields;
    this.#records.set(type, made);
    for (const field of type.fields) fields.push(this.skipping(field.type));
    return made;
  }
}

function skipNothing(): void {}

function skipBlocks(minimumItemSize: number, item: Skip): Skip {
  return (r) => {
    for (let count = skipSizedBlocks(r, minimumItemSize); count > 0; count = skipSizedBlocks(r, minimumItemSize)) {
      for (let i = 0; i < count; i++) item(r);
    }
  };
}

/** Goes one level deeper; who calls it comes back up by itself. */
export function enter(r: Reader): void {
  if (++r.depth > MAX_DEPTH) throw decodeFailure(r, 'depth', `nested more than ${MAX_DEPTH} levels deep`);
}

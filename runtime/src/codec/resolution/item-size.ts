import { partsOf } from '../schema/nesting.ts';
import type { AvroType, RecordType } from '../schema/type.ts';

/** Sizes of records that hold each other grow from one round to the next; those of data that exist have settled by then. */
const MOST_ROUNDS = 16;

/**
 * The fewest bytes that values of types take. For a type that must contain itself, and so has no values, a lower bound.
 * Each record is measured once.
 */
export class MinimumSizes {
  readonly #records = new Map<RecordType, number>();

  of(type: AvroType): number {
    this.#measure(type);
    return this.#sizeOf(type);
  }

  #measure(type: AvroType): void {
    const fresh = this.#enter(type);
    // Parts were met after what holds them, so the way back settles most at once.
    fresh.reverse();
    for (let round = 0, settled = fresh.length === 0; !settled && round < MOST_ROUNDS; round++) {
      settled = true;
      for (const record of fresh) {
        let sum = 0;
        for (const field of record.fields) sum += this.#sizeOf(field.type);
        // A multiple of this is compared with a number of bytes; beyond that it need not be exact.
        sum = Math.min(sum, Number.MAX_SAFE_INTEGER);
        if (sum !== this.#records.get(record)) settled = false;
        this.#records.set(record, sum);
      }
    }
  }

  /** Records not met before that count for the size of a type, each as of no bytes for now. Arrays and maps may be empty. */
  #enter(type: AvroType): RecordType[] {
    const fresh: RecordType[] = [];
    const parts: AvroType[] = [type];
    for (const part of parts) {
      if (part.kind !== 'union' && part.kind !== 'record') continue;
      if (part.kind === 'record') {
        if (this.#records.has(part)) continue;
        this.#records.set(part, 0);
        fresh.push(part);
      }
      for (const inner of partsOf(part)) parts.push(inner);
    }
    return fresh;
  }

  #sizeOf(type: AvroType): number {
    switch (type.kind) {
      case 'null':
        return 0;
      case 'float':
        return 4;
      case 'double':
        return 8;
      case 'fixed':
        return type.size;
      case 'union': {
        let smallest = Number.POSITIVE_INFINITY;
        for (const branch of type.branches) smallest = Math.min(smallest, this.#sizeOf(branch.type));
        return 1 + (Number.isFinite(smallest) ? smallest : 0);
      }
      case 'record':
        return this.#records.get(type) ?? 0;
      default:
        return 1;
    }
  }
}

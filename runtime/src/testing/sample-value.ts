import { type BaseValue, fromBase } from '../codec/conversion.ts';
import { unscaledToBytes } from '../codec/logical/decimal.ts';
import { setMember } from '../codec/own-member.ts';
import type { AvroType, FixedType, PrimitiveType, RecordType, UnionType } from '../codec/schema/type.ts';
import { heights } from './type-height.ts';

/** Below this depth values are as small as their types allow, so that recursive ones come to an end. */
const DEPTH = 3;
const SYLLABLES = ['ba', 'de', 'fi', 'go', 'ka', 'lu', 'me', 'ni', 'po', 'ra', 'se', 'ti', 'vo', 'wa', 'zu'];
/** 2000-01-01 to 2029-12-31, in days since 1970. */
const DAYS = { first: 10_957, count: 10_957 } as const;
const DAY = 86_400_000n;

/** A value of a type as it looks in TypeScript, by chance. @throws TypeError where no value of the type is finite */
export function sampleValue(type: AvroType, random: () => number): unknown {
  return new Sampler(type, random).value(type, 0);
}

class Sampler {
  readonly #random: () => number;
  readonly #height: (type: AvroType) => number;

  constructor(type: AvroType, random: () => number) {
    this.#random = random;
    this.#height = heights(type);
    if (this.#height(type) === Number.POSITIVE_INFINITY) {
      throw new TypeError(`no value of ${'name' in type ? type.name : type.kind} is finite: it holds itself`);
    }
  }

  value(type: AvroType, depth: number): unknown {
    switch (type.kind) {
      case 'record':
        return this.#record(type, depth);
      case 'enum':
        return this.#pick(type.symbols);
      case 'array':
        return Array.from({ length: this.#count(depth) }, () => this.value(type.items, depth + 1));
      case 'map': {
        const map = {};
        for (let left = this.#count(depth); left > 0; left--) {
          setMember(map, this.#word(), this.value(type.values, depth + 1));
        }
        return map;
      }
      case 'union':
        return this.#union(type, depth);
      case 'fixed':
        return fromBase(type, this.#fixed(type));
      default:
        return fromBase(type, this.#primitive(type));
    }
  }

  #record({ fields }: RecordType, depth: number): object {
    const record = {};
    for (const { name, type } of fields) setMember(record, name, this.value(type, depth + 1));
    return record;
  }

  #union({ branches, tagged }: UnionType, depth: number): unknown {
    const least = Math.min(...branches.map(({ type }) => this.#height(type)));
    const possible = branches.filter(({ type }) => {
      const height = this.#height(type);
      return depth < DEPTH ? height < Number.POSITIVE_INFINITY : height === least;
    });
    const { tag, type } = this.#pick(possible);
    const value = this.value(type, depth + 1);
    return tagged && type.kind !== 'null' ? { branch: tag, value } : value;
  }

  #primitive(type: PrimitiveType): BaseValue {
    switch (type.kind) {
      case 'null':
        return null;
      case 'boolean':
        return this.#random() < 0.5;
      case 'int':
        return this.#int(type.logical?.name);
      case 'long':
        return this.#long(type.logical?.name);
      case 'float':
      case 'double':
        // Quarters: a float holds them exactly.
        return this.#below(4000) / 4;
      case 'string':
        return type.logical?.name === 'uuid' ? this.#uuid() : this.#word();
      case 'bytes':
        return type.logical?.name === 'decimal' ? this.#decimal(type.logical.precision) : this.#bytes(8);
    }
  }

  #fixed({ size, logical }: FixedType): Uint8Array {
    if (logical?.name === 'decimal') return this.#decimal(logical.precision, size);
    // Months, days and milliseconds, in 4 bytes each, little-endian.
    if (logical?.name === 'duration')
      return Uint8Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? this.#below(28) : 0));
    return this.#bytes(size);
  }

  #int(logical: string | undefined): number {
    if (logical === 'date') return DAYS.first + this.#below(DAYS.count);
    return logical === 'time-millis' ? this.#below(Number(DAY)) : this.#below(1000);
  }

  #long(logical: string | undefined): bigint {
    if (logical === undefined) return BigInt(this.#below(1_000_000));
    const millis = BigInt(this.#below(Number(DAY)));
    const unit = logical.endsWith('nanos') ? 1_000_000n : logical.endsWith('micros') ? 1000n : 1n;
    if (logical === 'time-micros') return millis * unit;
    return (BigInt(DAYS.first + this.#below(DAYS.count)) * DAY + millis) * unit;
  }

  #decimal(precision: number, size?: number): Uint8Array {
    return unscaledToBytes(BigInt(this.#below(10 ** Math.min(precision, 6))), precision, size);
  }

  #uuid(): string {
    const digits = Array.from(this.#bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('');
    // Version 4, variant 1 (RFC 9562).
    const versioned = `${digits.slice(0, 12)}4${digits.slice(13, 16)}a${digits.slice(17)}`;
    return versioned.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  #word(): string {
    return Array.from({ length: 2 + this.#below(3) }, () => this.#pick(SYLLABLES)).join('');
  }

  #bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.#below(256));
  }

  #count(depth: number): number {
    return depth < DEPTH ? 1 + this.#below(3) : 0;
  }

  #below(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }
}

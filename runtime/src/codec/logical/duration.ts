import { cannotWrite, wrongType } from './failure.ts';

/** Avro's duration: three unsigned counts that do not convert into each other. */
export interface AvroDuration {
  readonly months: number;
  readonly days: number;
  readonly millis: number;
}

const SIZE = 12;
const MAX_COUNT = 0xffffffff;

/** From the 12 bytes of a duration: three 32-bit counts, least significant byte first. */
export function durationFromBytes(bytes: Uint8Array): AvroDuration {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIZE);
  return { months: view.getUint32(0, true), days: view.getUint32(4, true), millis: view.getUint32(8, true) };
}

export function durationToBytes(value: AvroDuration): Uint8Array {
  if (typeof value !== 'object' || value === null) throw wrongType('a duration { months, days, millis }', value);
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count(value.months, 'months'), true);
  view.setUint32(4, count(value.days, 'days'), true);
  view.setUint32(8, count(value.millis, 'millis'), true);
  return bytes;
}

function count(value: number, name: string): number {
  if (typeof value !== 'number') throw wrongType(`a number of ${name}`, value);
  if (!Number.isInteger(value) || value < 0 || value > MAX_COUNT) {
    throw cannotWrite(`${name} must be an integer from 0 to ${MAX_COUNT}`);
  }
  return value;
}

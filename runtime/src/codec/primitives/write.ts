import type { Writer } from '../writer.ts';
import {
  INT_SIZE,
  LONG_SIZE,
  putBoolean,
  putDouble,
  putFloat,
  putInt,
  putLong,
  putLongNumber,
  putVarint,
} from './put.ts';

export function writeBoolean(w: Writer, value: boolean): void {
  w.ensure(1);
  w.position = putBoolean(w.view, w.position, value);
}

/** Rounds to the nearest float, as IEEE 754 does; a finite number that would become infinite is refused. */
export function writeFloat(w: Writer, value: number): void {
  w.ensure(4);
  w.position = putFloat(w.view, w.position, value);
}

export function writeDouble(w: Writer, value: number): void {
  w.ensure(8);
  w.position = putDouble(w.view, w.position, value);
}

/** Avro int. */
export function writeInt(w: Writer, value: number): void {
  w.ensure(INT_SIZE);
  w.position = putInt(w.view, w.position, value);
}

/** Avro long. */
export function writeLong(w: Writer, value: bigint): void {
  w.ensure(LONG_SIZE);
  w.position = putLong(w.view, w.position, value);
}

/** Avro long from a number, which must be a safe integer. */
export function writeLongNumber(w: Writer, value: number): void {
  w.ensure(LONG_SIZE);
  w.position = putLongNumber(w.view, w.position, value);
}

/** A length, count or index: never negative. */
export function writeLength(w: Writer, value: number): void {
  w.ensure(LONG_SIZE);
  w.position =
    value < 0x40000000 ? putVarint(w.view, w.position, value << 1) : putLongNumber(w.view, w.position, value);
}

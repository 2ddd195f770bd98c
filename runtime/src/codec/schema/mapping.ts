import type { LogicalName } from './type.ts';

/**
 * How Avro types become TypeScript types: the config's `types`. A codec carries the part that concerns it.
 * `'base'` reads a logical type as the type beneath it.
 */
export interface TypeMapping {
  /** `number` is checked: a long beyond ±(2^53 − 1) throws, it is never rounded. Default `bigint`. */
  readonly long?: 'bigint' | 'number' | undefined;
  readonly logical?: LogicalMapping | undefined;
  /** By record's full name and field: `'shop.Order.sequence': { long: 'number' }`. Reaches through unions, arrays and maps, not into named types. */
  readonly fields?: { readonly [field: string]: FieldMapping } | undefined;
}

export interface FieldMapping {
  readonly long?: 'bigint' | 'number' | undefined;
  readonly logical?: LogicalMapping | undefined;
}

export type LogicalMapping = {
  readonly [L in LogicalName]?: LogicalRepresentation[L] | 'base' | undefined;
};

/** What each logical type may become; `LOGICAL_DEFAULTS` says which it becomes where the config is silent. */
export interface LogicalRepresentation {
  /** Digits with exactly `scale` decimals, or the unscaled integer. */
  readonly decimal: 'string' | 'bigint';
  readonly uuid: 'string';
  /** `'YYYY-MM-DD'`, a `Date` at midnight UTC, or days since 1970-01-01. */
  readonly date: 'string' | 'Date' | 'number';
  /** Milliseconds since midnight, or `'HH:MM:SS.mmm'`. */
  readonly 'time-millis': 'number' | 'string';
  /** Microseconds since midnight, or `'HH:MM:SS.mmmmmm'`. */
  readonly 'time-micros': 'number' | 'bigint' | 'string';
  /** A `Date`, milliseconds since 1970, or ISO 8601 text in UTC. */
  readonly 'timestamp-millis': 'Date' | 'number' | 'bigint' | 'string';
  readonly 'timestamp-micros': 'bigint' | 'number' | 'string';
  readonly 'timestamp-nanos': 'bigint' | 'string';
  /** ISO 8601 text without a zone, or the count since 1970-01-01T00:00. */
  readonly 'local-timestamp-millis': 'string' | 'number' | 'bigint';
  readonly 'local-timestamp-micros': 'string' | 'number' | 'bigint';
  readonly 'local-timestamp-nanos': 'string' | 'bigint';
  /** `{ months, days, millis }` */
  readonly duration: 'duration';
}

export const LOGICAL_DEFAULTS: { readonly [L in LogicalName]: LogicalRepresentation[L] } = {
  decimal: 'string',
  uuid: 'string',
  date: 'string',
  'time-millis': 'number',
  'time-micros': 'number',
  'timestamp-millis': 'Date',
  'timestamp-micros': 'bigint',
  'timestamp-nanos': 'bigint',
  'local-timestamp-millis': 'string',
  'local-timestamp-micros': 'string',
  'local-timestamp-nanos': 'string',
  duration: 'duration',
};

/**
 * Logical types between their base value and their form in TypeScript, without loss.
 * `…From…` reads and throws AvroDecodeError, `…To…` writes and throws AvroEncodeError; both with code `logical`
 * where a value cannot be represented. Neither knows a path or an offset: the codec adds them.
 */
export * from './logical/calendar.ts';
export * from './logical/decimal.ts';
export * from './logical/duration.ts';
export * from './logical/uuid.ts';

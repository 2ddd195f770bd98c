/** Structured logging: an object of fields, then a message. Takes bigints and bytes. A pino logger is one. */
export interface JobLog {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

/** A field that no log writes: the numbers of its line are counters, of which those that are 0 say nothing to people. */
export const COUNTS: unique symbol = Symbol.for('kgen.counts');

/** Says nothing. */
export const silentLog: JobLog = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that adds fields to each of its lines. */
export function withFields(log: JobLog, fields: object): JobLog {
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}

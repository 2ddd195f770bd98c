/**
 * A value as JSON can hold it: bigints as numbers where that is exact, else as text; bytes in base64; errors with type,
 * message, code and cause; what refers to itself, or lies too deep, by a word.
 */
export function logValue(value: unknown, within: readonly unknown[] = []): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'function':
      return '[function]';
    case 'symbol':
      return String(value);
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (within.includes(value)) return '[circular]';
  if (within.length >= MAX_DEPTH) return '[deep]';
  try {
    return objectValue(value, [...within, value]);
  } catch {
    // Its members throw: what is logged is no reason to fail.
    return '[unreadable]';
  }
}

function objectValue(value: object, path: readonly unknown[]): unknown {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return errorFields(value, path);
  if (value instanceof Map) return [...value].map((entry) => logValue(entry, path));
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, (item) => logValue(item, path));
  const fields: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    if (field !== undefined) fields.push([name, logValue(field, path)]);
  }
  return Object.fromEntries(fields);
}

const MAX_DEPTH = 8;

function errorFields(error: Error, path: readonly unknown[]): object {
  const { name, message, cause, ...rest } = error;
  const stack = stackOf(error);
  const own = Object.entries(rest).flatMap(([key, field]) => (key === 'stack' ? [] : [[key, logValue(field, path)]]));
  return {
    type: name,
    message: cut(message),
    stack: stack === undefined ? undefined : cut(stack),
    ...Object.fromEntries(own),
    ...(cause === undefined ? {} : { cause: logValue(cause, path) }),
  };
}

/** Messages and stacks may hold what somebody sent. */
const MOST_TEXT = 16_384;

/** The text of an error as logs show it: cut where it is long. */
export function cut(text: unknown): string {
  const whole = typeof text === 'string' ? text : String(JSON.stringify(logValue(text)));
  return whole.length <= MOST_TEXT ? whole : `${whole.slice(0, MOST_TEXT)}…`;
}

/** Undefined where it has none, or none that can be read. */
export function stackOf(error: Error): string | undefined {
  try {
    return typeof error.stack === 'string' ? error.stack : undefined;
  } catch {
    return undefined;
  }
}

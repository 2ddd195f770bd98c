import { logValue, stackOf } from '../ops/log-value.ts';

/** An error on its way between threads: a structured clone would lose what it is told apart by, its `code`. */
interface SentError {
  readonly error: {
    readonly name: string;
    readonly message: string;
    readonly stack: string | undefined;
    readonly cause: Sent | undefined;
    /** `code`, `kind`, `topic`, … */
    readonly more: object;
  };
}

/** A value that can be posted. */
export type Sent = SentError | { readonly value: unknown };

export function send(value: unknown, within: readonly unknown[] = []): Sent {
  if (!(value instanceof Error)) return { value: cloned(value) };
  const { name, message, cause, ...rest } = value;
  const stack = stackOf(value);
  const path = [...within, value];
  const more = Object.fromEntries(Object.entries(rest).map(([key, field]) => [key, cloned(field)]));
  return {
    error: {
      name,
      message,
      stack,
      cause: cause === undefined || path.includes(cause) ? undefined : send(cause, path),
      more,
    },
  };
}

export function receive(sent: Sent): unknown {
  if (!('error' in sent)) return sent.value;
  const { name, message, stack, cause, more } = sent.error;
  const error = new Error(message, cause === undefined ? undefined : { cause: receive(cause) });
  for (const [key, value] of [['name', name] as const, ['stack', stack] as const])
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
  return Object.assign(error, more);
}

/** Functions, symbols and the like cannot be posted: then as logs show them. */
function cloned(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return logValue(value);
  }
}

import { logValue } from '../ops/log-value.ts';

// JavaScript throws any value: what it says must be found out without failing again.

/** Messages may hold what somebody sent. */
const MOST = 4096;

/** What was thrown, in words, whatever it is: cut where it is long. */
export function wordsOf(thrown: unknown): string {
  try {
    const text = told(thrown);
    return text.length <= MOST ? text : `${text.slice(0, MOST)}…`;
  } catch (error) {
    return `what was thrown cannot be read: ${typeof error === 'object' && error instanceof Error ? error.message : ''}`;
  }
}

function told(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  // An error of another realm is none of this one's.
  const message = 'message' in thrown ? thrown.message : undefined;
  if (typeof message === 'string' && message !== '') return message;
  if (typeof message === 'object' && message !== null) return inJson(message);
  if (!(thrown instanceof Error)) return inJson(thrown);
  if (thrown instanceof AggregateError && thrown.errors.length > 0)
    return `${thrown.name}: ${thrown.errors.map(wordsOf).join('; ')}`;
  const code = 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : String(thrown.name);
}

function inJson(value: object): string {
  return JSON.stringify(logValue(value)) ?? String(value);
}

/**
 * What was thrown, or an error in its place where asking it for what errors have fails in turn: those who decide about it, log it and
 * write it down may ask.
 */
export function readable(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return thrown;
  try {
    if (isSound(thrown)) return thrown;
  } catch {
    // Said by what it is told as.
  }
  return new Error(wordsOf(thrown));
}

/** Longer chains of causes are nobody's. */
const MOST_CAUSES = 32;

function isSound(thrown: object): boolean {
  let error: unknown = thrown;
  for (let i = 0; i < MOST_CAUSES && typeof error === 'object' && error !== null; i++) {
    // As errors are told apart, and as logs show them.
    if ('code' in error) void error.code;
    void Object.values(error);
    if (!(error instanceof Error)) return true;
    if (typeof error.message !== 'string' || typeof error.name !== 'string') return false;
    error = error.cause;
  }
  return true;
}

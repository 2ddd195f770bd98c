/** Milliseconds, or text: `'500 ms'`, `'1 s'`, `'5 minutes'`, `'1 hour'`, `'2 days'`. */
export type Duration = number | string;

/** A duration in milliseconds, or what is wrong with it. */
export type ParsedDuration = { readonly milliseconds: number } | { readonly reason: string; readonly hint: string };

const UNITS: readonly { readonly names: readonly string[]; readonly milliseconds: number }[] = [
  { names: ['ms', 'millisecond', 'milliseconds'], milliseconds: 1 },
  { names: ['s', 'sec', 'second', 'seconds'], milliseconds: 1000 },
  { names: ['m', 'min', 'minute', 'minutes'], milliseconds: 60_000 },
  { names: ['h', 'hour', 'hours'], milliseconds: 3_600_000 },
  { names: ['d', 'day', 'days'], milliseconds: 86_400_000 },
];

const HINT = `Give milliseconds as a number, or text such as '500 ms', '1 s', '5 minutes', '1 hour', '2 days'`;

/** Whole milliseconds, from 0 to 2^53 − 1. */
export function parseDuration(value: unknown): ParsedDuration {
  if (typeof value === 'number') return inRange(value, String(value));
  if (typeof value !== 'string') return { reason: `${JSON.stringify(value)} is not a duration`, hint: HINT };
  const shown = JSON.stringify(value);
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(value);
  if (match === null) return { reason: `${shown} is not a duration`, hint: HINT };
  const [, amount = '', name = ''] = match;
  const unit = UNITS.find(({ names }) => names.includes(name.toLowerCase()));
  if (unit === undefined) return { reason: `${shown} has the unknown unit '${name}'`, hint: HINT };
  // 1.1 s is 1100.0000000000002 ms in floating point: only what is left beyond rounding is a fraction.
  const exact = Number(amount) * unit.milliseconds;
  const rounded = Math.round(exact);
  return inRange(Math.abs(exact - rounded) <= rounded * Number.EPSILON * 4 ? rounded : exact, shown);
}

function inRange(milliseconds: number, shown: string): ParsedDuration {
  if (milliseconds < 0) return { reason: `${shown} is negative`, hint: HINT };
  if (Number.isFinite(milliseconds) && !Number.isInteger(milliseconds)) {
    return { reason: `${shown} is not a whole number of milliseconds`, hint: HINT };
  }
  if (!Number.isSafeInteger(milliseconds)) return { reason: `${shown} is too long`, hint: HINT };
  return { milliseconds };
}

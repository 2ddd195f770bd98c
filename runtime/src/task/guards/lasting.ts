const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** `3 days`, `90 minutes`: in the largest unit of which there are two, so that little is lost. */
export function lasting(ms: number): string {
  const [name, size] = UNITS.find(([, each]) => ms >= 2 * each) ?? ['millisecond', 1];
  const count = Math.round(ms / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

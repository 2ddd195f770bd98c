import type { JobTransaction } from '../run/job-transactions.ts';
import { type Console, plain } from './console.ts';

const OWNERS = { live: 'live', gone: 'gone', other: 'another program' } as const;
/** So many partitions are named; of the others it is said how many there are. */
const MOST_NAMED = 4;

/** A table of transactions. `now` in milliseconds since 1970. */
export function printTransactions(all: readonly JobTransaction[], now: number, console: Console): void {
  const rows = all.map((one) => [
    plain(one.transactionalId ?? '(unknown)'),
    one.open === undefined && one.state !== 'Hanging' ? 'idle' : one.state,
    String(one.producerId),
    one.open === undefined ? '' : ageText(now - one.open.startTime),
    OWNERS[one.owner],
    placesText(one),
  ]);
  const head = ['transactional id', 'state', 'producer', 'open for', 'owner', 'partitions'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  console.print(console.colors.dim(line(head)));
  rows.forEach((row, i) => {
    const text = line(row);
    console.print(isLingering(all[i]) ? console.colors.yellow(text) : text);
  });
}

/** True where nobody is left to end it. One that is decided already is ended by its coordinator. */
export function isLingering(one: JobTransaction | undefined): boolean {
  if (one === undefined || isDecided(one)) return false;
  return one.state === 'Hanging' || (one.owner === 'gone' && one.open !== undefined);
}

/** True where its coordinator writes the markers of its commit, or of its abort: nothing changes that. */
export function isDecided({ state }: Pick<JobTransaction, 'state'>): boolean {
  return state.startsWith('Prepare');
}

/** True where nobody will use its id again, and nothing depends on it: each start under a random name leaves some. */
export function isForgotten(one: JobTransaction): boolean {
  return one.owner === 'gone' && one.open === undefined && one.state !== 'Hanging' && one.holdsBack.length === 0;
}

function placesText({ open, holdsBack }: JobTransaction): string {
  const held = holdsBack.map(({ topic, partition, offset }) => `${topic}-${partition} from ${offset}`);
  const written = (open?.partitions ?? []).map(({ topic, partition }) => `${topic}-${partition}`);
  const parts = [
    ...(written.length === 0 ? [] : [some(written)]),
    ...(held.length === 0 ? [] : [`holds back ${some(held)}`]),
  ];
  return plain(parts.join('; '));
}

function some(names: readonly string[]): string {
  const left = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/** Clocks of brokers may be ahead of this one. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
}

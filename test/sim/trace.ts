import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';

interface Entry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly key: string | undefined;
}

/** What happened, line by line. What happened to single keys is told of one key only: there is much of it. */
export class Trace {
  readonly #now: () => number;
  readonly #begin: number;
  readonly #entries: Entry[] = [];

  constructor(now: () => number) {
    this.#now = now;
    this.#begin = now();
  }

  say(who: string, what: string, key?: string): void {
    this.#entries.push({ at: this.#now() - this.#begin, who, what, key });
  }

  lines(key: string | undefined): string[] {
    const shown = this.#entries.filter((entry) => entry.key === undefined || entry.key === key);
    return shown.map(({ at, who, what }) => `${at.toFixed(1).padStart(8)}  ${who.padEnd(10)}  ${what}`);
  }
}

/** All that readers of committed records see of one key. */
export function recordsOf(log: HookedMemoryLog, topics: readonly string[], key: string): string[] {
  const lines: string[] = [];
  for (const topic of topics) {
    for (const record of log.records(topic)) {
      if (record.key === null || Buffer.from(record.key).toString() !== key) continue;
      const value = record.value === null ? 'null' : Buffer.from(record.value).toString();
      lines.push(`  ${topic}-${record.partition}@${record.offset}  ${value}`);
    }
  }
  return lines;
}

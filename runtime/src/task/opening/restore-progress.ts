import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';

/** Who waits for a restore hears of it this often, in milliseconds. */
const SAY_EVERY = 2000;

/** Says in the log how far a restore has come: a start that takes long is not a start that hangs. */
export class RestoreProgress {
  readonly #clock: Clock;
  readonly #log: JobLog;
  readonly #tasks: number;
  /** In offsets: compaction leaves fewer records than that. */
  readonly #total: number;
  readonly #started: number;
  #said: number;
  #done = 0;
  #bytes = 0;

  constructor(clock: Clock, log: JobLog, { tasks, offsets }: { readonly tasks: number; readonly offsets: number }) {
    this.#clock = clock;
    this.#log = log;
    this.#tasks = tasks;
    this.#total = offsets;
    this.#started = clock.monotonic();
    this.#said = this.#started;
  }

  /** So many more offsets were read. */
  add(offsets: number, bytes: number): void {
    this.#done += offsets;
    this.#bytes += bytes;
    const now = this.#clock.monotonic();
    if (now - this.#said < SAY_EVERY) return;
    this.#said = now;
    const percent = Math.min(100, Math.floor((this.#done / Math.max(1, this.#total)) * 100));
    const seconds = round(now - this.#started);
    const fields = { tasks: this.#tasks, offsets: this.#done, of: this.#total, bytes: this.#bytes, seconds };
    this.#log.info(fields, `restoring state: ${percent}% of ${count(this.#total)} offsets after ${seconds} s`);
  }

  /** All is read: so many records there were. Says nothing where there was nothing. */
  end(records: number): void {
    if (records === 0) return;
    const seconds = round(this.#clock.monotonic() - this.#started);
    const fields = { tasks: this.#tasks, records, bytes: this.#bytes, seconds };
    this.#log.info(fields, `state restored: ${count(records)} records in ${seconds} s`);
  }
}

/** To seconds, with one digit; less than one tenth exactly, rather than as 0. */
function round(ms: number): number {
  return ms < 100 ? Math.round(ms) / 1000 : Math.round(ms / 100) / 10;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

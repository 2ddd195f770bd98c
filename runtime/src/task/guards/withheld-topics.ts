import type { Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';
import type { JobDeclaration } from '../declaration.ts';
import type { FoundTopics, Naming } from '../plan/planned-topics.ts';
import { accessText, lacksAccess } from './access.ts';
import { unreadable } from './pattern-reads.ts';

export interface WithheldWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  /** A topic may be created before it is granted: so long it is waited for, in milliseconds. */
  readonly patience: number;
}

/** Topics that patterns find while the job runs, and that it may not read. */
export class WithheldTopics {
  readonly #world: WithheldWorld;
  /** Since when each is known, by the clock's `monotonic`. */
  readonly #since = new Map<string, number>();

  constructor(world: WithheldWorld) {
    this.#world = world;
  }

  /**
   * What was found without those that may not be read: each is said once, and is there when it was granted. `known` are read already.
   * @throws JobError with code `JOB_ACCESS` where one was not granted in time; LogError
   */
  async leaveOut(
    found: FoundTopics,
    declaration: JobDeclaration,
    { known, naming }: { readonly known: ReadonlySet<string>; readonly naming: Naming },
  ): Promise<FoundTopics> {
    const { log, clock, jobLog, patience } = this.#world;
    const missing = await unreadable(log, declaration, { found, known, naming });
    const now = clock.monotonic();
    const names = new Set(missing.flatMap(({ topic }) => topic ?? []));
    for (const name of this.#since.keys()) if (!names.has(name)) this.#since.delete(name);
    if (names.size === 0) return found;
    const fresh = missing.filter(({ topic = '' }) => !this.#since.has(topic));
    for (const name of names) if (!this.#since.has(name)) this.#since.set(name, now);
    const what = 'a pattern has found topics that this job may not read: it waits whether that is granted. It lacks';
    if (fresh.length > 0)
      jobLog.warn({ topics: fresh.flatMap(({ topic }) => topic ?? []) }, `${what} ${accessText(fresh)}`);
    const overdue = missing.filter(({ topic = '' }) => now - (this.#since.get(topic) ?? now) >= patience);
    if (overdue.length > 0) throw lacksAccess(overdue);
    return new Map([...found].filter(([name]) => !names.has(name)));
  }
}

import { covers, type Layout, tasksOf } from '../../log/layout.ts';
import { isLogError, type Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';
import { WithheldTopics } from '../guards/withheld-topics.ts';
import { JobError, reasonOf } from '../job-error.ts';
import type { JobPlan, PlannedInput } from './plan.ts';
import { findTopics } from './planned-topics.ts';
import { goneTopics, grown, growOutputs, layoutOf, missingTopics, without } from './replan.ts';

/** So long a topic may be missing before it counts as deleted, in milliseconds: brokers that start know little at first. */
export const GONE_AFTER = 60_000;
export const MISSING = 'a topic of the job is missing: it waits whether the topic comes back';
/** What others know already is looked for this often, in milliseconds. */
const WANTED_EVERY = 1000;

export interface DiscoveryWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  /** True where it looks only when it is asked to. */
  readonly off: boolean;
  /** There is more than was known, or less: what the group is to be told. */
  readonly news: (layout: Layout) => void;
  /** The job cannot go on with what was found. */
  readonly failed: (error: unknown) => void;
}

/** Looks for topics and partitions that come while the job runs, and for topics that are gone. */
export class Discovery {
  readonly #world: DiscoveryWorld;
  readonly #dueAt = new Map<string, number>();
  /** Since when topics are missing, by the clock's `monotonic`. */
  readonly #missing = new Map<string, number>();
  readonly #withheld: WithheldTopics;
  #known: JobPlan;
  /** What others know. */
  #wanted: Layout = [];
  #looking = false;
  #closed = false;
  #callOff: () => void = () => undefined;

  constructor(plan: JobPlan, world: DiscoveryWorld) {
    this.#known = plan;
    this.#world = world;
    this.#withheld = new WithheldTopics({ ...world, patience: GONE_AFTER });
    const now = world.clock.monotonic();
    for (const input of this.#inputs()) this.#dueAt.set(input.name, now + this.#interval(input));
    this.#arm();
  }

  /** All that is known of the job's topics. */
  get known(): JobPlan {
    return this.#known;
  }

  /** Others have found what is not known here: it is looked for until it is. */
  lookFor(layout: Layout): void {
    this.#wanted = layout;
    for (const name of this.#dueAt.keys()) this.#dueAt.set(name, 0);
    this.#callOff();
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#callOff();
  }

  #inputs(): readonly PlannedInput[] {
    return [...this.#known.streams, ...this.#known.tables];
  }

  #interval({ discovery = Infinity }: PlannedInput): number {
    if (!covers(layoutOf(this.#known), this.#wanted)) return WANTED_EVERY;
    return this.#world.off ? Infinity : discovery;
  }

  #arm(): void {
    if (this.#closed) return;
    const next = Math.min(...this.#dueAt.values());
    if (next === Infinity) return;
    this.#callOff = this.#world.clock.after(Math.max(0, next - this.#world.clock.monotonic()), () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#closed) return;
    const { log, clock, jobLog, failed } = this.#world;
    this.#looking = true;
    const now = clock.monotonic();
    const due = new Set([...this.#dueAt].flatMap(([name, at]) => (at <= now ? [name] : [])));
    try {
      const { declaration, naming } = this.#known;
      const all = await findTopics(declaration, log, naming);
      const known = new Set(layoutOf(this.#known).map(({ topic }) => topic));
      const found = await this.#withheld.leaveOut(all, declaration, { known, naming });
      if (!this.#closed) this.#found(found, due);
    } catch (err) {
      // Who cannot be asked now is asked the next time.
      if (isLogError(err) && err.kind !== 'fatal')
        jobLog.debug({ reason: reasonOf(err) }, 'new topics could not be looked for');
      else if (!this.#closed) failed(err);
    } finally {
      this.#looking = false;
      const next = clock.monotonic();
      for (const input of this.#inputs())
        if (due.has(input.name)) this.#dueAt.set(input.name, next + this.#interval(input));
      this.#arm();
    }
  }

  #found(found: Awaited<ReturnType<typeof findTopics>>, due: ReadonlySet<string>): void {
    const { jobLog, news } = this.#world;
    const before = this.#known;
    growOutputs(before, found);
    const now = grown(before, found, ({ name }) => due.has(name));
    const gone = this.#gone(found);
    if (now === before && gone.size === 0) return;
    if (now !== before) jobLog.info(newsOf(before, now), 'new topics or partitions were found');
    this.#known = gone.size === 0 ? now : without(now, gone);
    news(gone.size === 0 ? layoutOf(now) : goneTopics(now, gone));
  }

  /** A pattern goes on with the rest. @throws JobError where a topic has a name */
  #gone(found: Awaited<ReturnType<typeof findTopics>>): ReadonlySet<string> {
    const { clock, jobLog } = this.#world;
    const now = clock.monotonic();
    const missing = missingTopics(this.#known, found);
    for (const topic of this.#missing.keys()) if (!missing.includes(topic)) this.#missing.delete(topic);
    const gone = new Set<string>();
    for (const topic of missing) {
      const since = this.#missing.get(topic) ?? now;
      if (!this.#missing.has(topic)) jobLog.warn({ topic }, MISSING);
      this.#missing.set(topic, since);
      if (now - since < GONE_AFTER) continue;
      const input = this.#inputs().find(({ topics }) => topics.some(({ name }) => name === topic));
      if (input?.topic.pattern === undefined) throw topicGone(topic);
      jobLog.warn({ topic, pattern: String(input.topic.pattern) }, 'a topic was deleted: the job goes on without it');
      gone.add(topic);
    }
    const [last] = gone;
    if (last !== undefined && tasksOf(goneTopics(this.#known, gone)) === 0) throw topicGone(last);
    return gone;
  }
}

export function topicGone(topic: string): JobError {
  const advice = 'Create it again, or take it out of the job. Records that were not read are lost';
  return new JobError('JOB_UNKNOWN_TOPIC', `topic ${topic} was deleted under the job. ${advice}`, { topic });
}

function newsOf(before: JobPlan, now: JobPlan): { readonly found: readonly string[]; readonly tasks: number } {
  const known = new Map(layoutOf(before).map(({ topic, partitions }) => [topic, partitions]));
  const found = layoutOf(now).flatMap(({ topic, partitions }) => {
    const had = known.get(topic);
    if (had === partitions) return [];
    return had === undefined
      ? [`${topic}: ${partitions} partitions`]
      : [`${topic}: ${partitions} partitions, not ${had}`];
  });
  return { found, tasks: now.tasks };
}

import type { RestartStrategy } from '../task/restart-strategy.ts';
import { parseDuration } from '../time/duration.ts';
import type { PatternTopics } from './topics.ts';

export interface DriveOptions {
  /** Of each topic, and so the number of tasks. Default 1. */
  readonly partitions?: number | undefined;
  /**
   * When checkpoints are made. `'each-send'`: whenever the job has processed what was sent, so that `read` shows it.
   * `'interval'`: as in production, when the job's interval has passed, and when `checkpoint()` asks for one.
   * Default `'each-send'`.
   */
  readonly checkpoints?: 'each-send' | 'interval' | undefined;
  /** When it is, at first. A number is in milliseconds since 1970. Default 2024-01-01T00:00:00Z. */
  readonly now?: Date | number | undefined;
  /** Of all chance in the job's log and runtime. Default 1. */
  readonly seed?: number | undefined;
  /** Names of the topics that are declared by a pattern, by their keys in the config. */
  readonly topics?: PatternTopics | undefined;
  /**
   * What the Schema Registry has beside what was pulled, by id: schemas of producers that are ahead of the job, as text of JSON.
   * Default: the job knows no registry.
   */
  readonly schemas?: { readonly [id: number]: string } | undefined;
  /** The consumer group. Default: the job's name. */
  readonly group?: string | undefined;
  /**
   * What becomes of the job when something fails. Default: it starts over where the log failed, and ends where a handler did,
   * so that the test hears of it at once.
   */
  readonly restart?: RestartStrategy | undefined;
  /** How long a call of a handler may take, in milliseconds of real time. Default 4,000. */
  readonly patience?: number | undefined;
}

export const DEFAULT_NOW: number = Date.UTC(2024, 0, 1);
export const DEFAULT_PATIENCE = 4000;

/** @throws TypeError that says what a duration is */
export function millisecondsOf(duration: number | string): number {
  const parsed = parseDuration(duration);
  if ('milliseconds' in parsed) return parsed.milliseconds;
  throw new TypeError(`${parsed.reason}. ${parsed.hint}`);
}

import type { KeyEncodings } from '../task/checkpoint-record.ts';

/** Under which name a savepoint's file says what it is, in its metadata: JSON. */
export const INFO_KEY = 'kgen.savepoint';

/** What a savepoint says of itself. */
export interface SavepointInfo {
  readonly version: 1;
  /** Random: tells a job that was started from this savepoint from others. */
  readonly id: string;
  readonly job: string;
  /** The consumer group that it was taken of. */
  readonly group: string;
  /** Of the job's inputs, when it was taken. */
  readonly partitions: number;
  /** How keys are encoded in state. */
  readonly keys: KeyEncodings;
  /** ISO 8601. */
  readonly taken: string;
}

/** @throws Error where it is none, or of a later version */
export function parseSavepointInfo(text: string): SavepointInfo {
  const info: unknown = JSON.parse(text);
  if (typeof info !== 'object' || info === null || !('version' in info))
    throw new Error('it says nothing of a version');
  if (info.version !== 1) throw new Error(`it is of version ${String(info.version)}: use a later kgen`);
  const { id, job, group, partitions, keys } = info as Partial<SavepointInfo>;
  const texts = [id, job, group].every((text) => typeof text === 'string');
  const complete =
    Number.isInteger(partitions) && Number(partitions) > 0 && typeof keys?.maps === 'object' && keys.maps !== null;
  if (!texts || !complete) throw new Error('parts of it are missing');
  return info as SavepointInfo;
}

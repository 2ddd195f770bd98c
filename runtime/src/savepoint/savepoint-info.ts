import type { KeyEncodings } from '../task/checkpoint/checkpoint-record.ts';

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

const ID = /^[0-9a-f]{1,64}$/;
const GROUP = /^[A-Za-z0-9._-]{1,200}$/;

/** @throws Error where it is none, or of a later version */
export function parseSavepointInfo(text: string): SavepointInfo {
  const info: unknown = JSON.parse(text);
  if (typeof info !== 'object' || info === null || !('version' in info))
    throw new Error('it says nothing of a version');
  if (info.version !== 1) throw new Error(`it is of version ${String(info.version)}: use a later kgen`);
  const { id, job, group, partitions, keys } = info as Partial<SavepointInfo>;
  // Both become part of what is asked of the log.
  const named = typeof id === 'string' && ID.test(id) && typeof group === 'string' && GROUP.test(group);
  const complete =
    Number.isInteger(partitions) && Number(partitions) > 0 && typeof keys?.maps === 'object' && keys.maps !== null;
  if (!named || typeof job !== 'string' || !complete) throw new Error('parts of it are missing');
  return info as SavepointInfo;
}

/**
 * What a checkpoint leaves last in each of its changelog partitions (I13), as JSON. Restore proves by it that state and
 * offsets are of one checkpoint.
 */
export interface CheckpointRecord {
  readonly version: 1;
  /** Counts the task's checkpoints; 0 holds its start positions (I20). */
  readonly checkpoint: number;
  readonly producerId: number;
  readonly epoch: number;
  /** Where each input of the task goes on. */
  readonly inputs: readonly InputPosition[];
  /** How far event time has come in the task; left out where nothing is known. */
  readonly watermark?: number | undefined;
  /**
   * Id of the changelog that the state before it was read from. One that is in another topic was written by a job whose changelog was
   * made anew under it: what had not changed since is in neither. Left out where a savepoint was imported.
   */
  readonly changelog?: string | undefined;
  /** How keys are encoded; left out by a job that has no state. */
  readonly keys?: KeyEncodings | undefined;
  /** How far each table was when it was last looked at (I22). */
  readonly tables: readonly CheckpointPosition[];
}

/** What the keys of a changelog are: values carry their schema, keys do not. */
export interface KeyEncodings {
  /** Name of the format of the job's key. */
  readonly job: string;
  /** Of each map state, what its keys' schema is known by. */
  readonly maps: { readonly [state: string]: string };
}

export interface CheckpointPosition {
  readonly topic: string;
  /** Of the topic: the same name with another id is another topic (I19). */
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
}

export interface InputPosition extends CheckpointPosition {
  /** Under which leader the records before were written (I19); -1, or left out, where it is not known. */
  readonly leaderEpoch?: number | undefined;
  /** True where it was not read: its topic was missing, or the group did not follow it. Its offset is of an earlier checkpoint. */
  readonly asleep?: true | undefined;
  /** How far event time has come there; left out where nothing is known. */
  readonly watermark?: number | undefined;
}

/** @throws Error where it is not of this version */
export function parseCheckpointRecord(text: string): CheckpointRecord {
  const record: unknown = JSON.parse(text);
  if (typeof record === 'object' && record !== null && 'version' in record && record.version === 1) {
    return record as CheckpointRecord;
  }
  throw new Error('a checkpoint record of another version');
}

/** What is committed with each offset: which checkpoint it is of. At most 200 bytes. */
export interface CheckpointIdentity {
  readonly checkpoint: number;
  readonly producerId: number;
  readonly epoch: number;
  /** False for a job without state: it has no changelog to agree with. */
  readonly state: boolean;
  /** When it was sealed, in milliseconds since 1970; left out where that is not known. */
  readonly at?: number | undefined;
  /**
   * The savepoint that a job without state has begun with, where it has: its offsets alone can say so. A changelog says it in its
   * first record.
   */
  readonly origin?: string | undefined;
}

export interface OffsetIdentity extends CheckpointIdentity {
  /** Of the topic (I19); undefined where an older version committed it. */
  readonly topicId: string | undefined;
  /** How many partitions the topic had when the job first read it (I20); undefined where an older version committed it. */
  readonly first: number | undefined;
}

/** `first` is how many partitions the topic had when the job first read it. */
export function offsetMetadata(identity: CheckpointIdentity, topicId: string, first: number): string {
  const { checkpoint, producerId, epoch, state, at, origin } = identity;
  const kind = state ? 'state' : 'stateless';
  const parts = ['kgen:1', checkpoint, producerId, epoch, kind, topicId, first];
  if (at !== undefined || origin !== undefined) parts.push(at ?? '');
  if (origin !== undefined) parts.push(origin);
  return parts.join(':');
}

/** Undefined where another tool committed the offset. */
export function parseOffsetMetadata(metadata: string): OffsetIdentity | undefined {
  // A producer without an id is -1, of epoch -1.
  const match =
    /^kgen:1:(\d+):(-?\d+):(-?\d+):(state|stateless)(?::([^:]+)(?::(\d+)(?::(\d*)(?::([0-9a-f]{1,64}))?)?)?)?$/.exec(
      metadata,
    );
  if (match === null) return undefined;
  const [, checkpoint, producerId, epoch, state, topicId, first, at, origin] = match;
  return {
    checkpoint: Number(checkpoint),
    producerId: Number(producerId),
    epoch: Number(epoch),
    state: state === 'state',
    topicId,
    first: first === undefined ? undefined : Number(first),
    at: at ? Number(at) : undefined,
    origin,
  };
}

/** What is committed with offsets while a savepoint is imported: nobody may go on from them, or from what the changelog has. */
export function importMetadata(savepoint: string): string {
  return `kgen:import:${savepoint}`;
}

/** The savepoint whose import is not finished; undefined where it is something else. */
export function parseImportMetadata(metadata: string): string | undefined {
  return /^kgen:import:([0-9a-f]{1,64})$/.exec(metadata)?.[1];
}

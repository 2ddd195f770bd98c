/** What a local store is as of (I24). It is written last, when all of that checkpoint is there, and only when the log has committed it. */
export interface StoreRecord {
  readonly version: 1;
  /** Id of the changelog: the same name with another id is another topic. */
  readonly changelog: string;
  readonly checkpoint: number;
  readonly producerId: number;
  readonly epoch: number;
  /** All that is committed in the changelog before this offset is in the store. */
  readonly position: number;
  /** When it was written, in milliseconds since 1970. */
  readonly savedAt: number;
}

/** Under which a store has its record: no key of a changelog begins so. */
export const STORE_RECORD_KEY: Buffer = Buffer.of(0xff);

/** What the log says of a task whose store is there. */
export interface StoreFacts {
  /** Id of the changelog. */
  readonly changelog: string;
  /** Bounds of its partition. */
  readonly start: number;
  readonly end: number;
  /** What is committed with the group's offsets; undefined where there are none. */
  readonly committed: { readonly checkpoint: number; readonly producerId: number; readonly epoch: number } | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** How long the changelog keeps tombstones, in milliseconds. */
  readonly tombstones: number;
}

export type Uselessness =
  /** It is empty, or was never finished. */
  | 'empty'
  /** It is of another changelog: that topic was deleted and made anew, or the group is another. */
  | 'another changelog'
  /** It holds a checkpoint that the log does not know of: that was never committed, or offsets were set back. */
  | 'ahead of the log'
  /** The changelog begins behind it. */
  | 'below the start of the log'
  /** The changelog ends before it: records were lost. */
  | 'beyond the end of the log'
  /** Tombstones may be gone that it has not seen: what they deleted would be there again. */
  | 'too old';

/** Why a local store cannot be gone on from (I24); undefined where it can. */
export function uselessness(record: StoreRecord | undefined, facts: StoreFacts): Uselessness | undefined {
  if (record === undefined) return 'empty';
  const { changelog, start, end, committed, now, tombstones } = facts;
  if (record.changelog !== changelog) return 'another changelog';
  if (committed === undefined || record.checkpoint > committed.checkpoint) return 'ahead of the log';
  const last = record.checkpoint === committed.checkpoint;
  if (last && (record.producerId !== committed.producerId || record.epoch !== committed.epoch))
    return 'ahead of the log';
  if (record.position < start) return 'below the start of the log';
  if (record.position > end) return 'beyond the end of the log';
  // Where nothing came after it, there is no tombstone to miss.
  // A clock that went back says as little as one that went far on.
  if (!last && Math.abs(now - record.savedAt) > tombstones / 2) return 'too old';
  return undefined;
}

/** Undefined where it is none of this version. */
export function parseStoreRecord(value: Buffer | undefined): StoreRecord | undefined {
  if (value === undefined) return undefined;
  try {
    const record = JSON.parse(value.toString()) as StoreRecord;
    return record.version === 1 ? record : undefined;
  } catch {
    // Whatever it is, the store is of no use then.
    return undefined;
  }
}

import type { RecordCursor } from '../log/port.ts';
import { CHECKPOINT, readSchemaKey, SCHEMA, STATE } from '../state/changelog-key.ts';
import type { WriterSchemas } from '../state/writer-schemas.ts';
import { type CatchUpWorld, catchUp } from '../task/opening/catch-up.ts';
import type { Spool } from './spool.ts';

export interface SpooledChangelog {
  /** The last checkpoint record, as JSON (I13). */
  readonly checkpoint: string;
}

export interface SpoolWorld extends CatchUpWorld {
  /** True where nobody runs the job: what is undecided is waited for, as a restore does (I3). */
  readonly stopped: boolean;
}

/**
 * Puts the state of one task as of one checkpoint into a spool (I21). Undefined where the partition holds nothing.
 *
 * The job may be running, and its changelog be compacted: what a record in front of a checkpoint said is gone when one behind
 * it has the same key. So the checkpoint is the last one that there is when the reader stands at the end: nothing that was
 * compacted away until then was outdated by anything later.
 * @throws Error, its message saying what cannot be read
 */
export async function spoolChangelog(
  world: SpoolWorld,
  partition: { readonly topic: string; readonly partition: number },
  spool: Spool,
  schemas: WriterSchemas,
): Promise<SpooledChangelog | undefined> {
  const { log, alive } = world;
  let position: number | undefined;
  let checkpoint: string | undefined;
  let isLast = false;
  let records = 0;
  for (;;) {
    const [bounds] = await log.bounds([partition]);
    alive();
    const { start = 0, stableEnd = 0, end = 0 } = bounds ?? {};
    position ??= start;
    const to = world.stopped ? end : stableEnd;
    if (position >= to) break;
    await catchUp(world, [{ ...partition, from: position, to }], async (fetched) => {
      const cursor = fetched.records;
      while (cursor.next()) {
        records++;
        if (cursor.keyStart < 0) throw new Error('a record without a key');
        const kind = cursor.bytes[cursor.keyStart];
        isLast = kind === CHECKPOINT;
        if (isLast) checkpoint = textOf(cursor);
        else if (kind === SCHEMA) learn(cursor, schemas);
        else if (kind === STATE) await spool.add(cursor);
      }
      position = Math.max(position ?? 0, fetched.nextOffset);
    });
  }
  if (records === 0) return undefined;
  if (checkpoint === undefined) {
    throw new Error('it holds no checkpoint: the import of a savepoint has not come to its end');
  }
  // A transaction ends with one in each partition that it wrote to.
  if (!isLast) throw new Error('records follow its last checkpoint, which no job writes');
  return { checkpoint };
}

function learn(record: RecordCursor, schemas: WriterSchemas): void {
  const { fingerprint, state } = readSchemaKey(record.bytes, record.keyStart, record.keyEnd);
  schemas.learn(fingerprint, state, textOf(record));
}

function textOf({ bytes, valueStart, valueEnd }: RecordCursor): string {
  return valueStart < 0 ? '' : bytes.toString('utf8', valueStart, valueEnd);
}

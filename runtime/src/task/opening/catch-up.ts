import type { FetchedPartition, Log, TopicPartition, UndecidedTransaction } from '../../log/port.ts';
import { abortCommand } from '../../log/tool-command.ts';
import type { Clock } from '../../time/clock.ts';
import { JobError } from '../job-error.ts';

/** A partition to be read to some offset before anything else happens. */
export interface CatchUpTarget extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

/** A poll that brings nothing is repeated after this long, in milliseconds. */
const POLL_WAIT = 500;
/** Reading gives way this often, in milliseconds: the loop goes on with other tasks, and heartbeats are sent. */
const YIELD_EVERY = 10;
/** A transaction is ended by its coordinator when its time is over, or soon after, in milliseconds. */
const MARGIN = 15_000;
/** How long it may take where nobody knows, in milliseconds. */
const ANY_TIMEOUT = 60_000;

export interface CatchUpWorld {
  readonly log: Log;
  readonly clock: Clock;
  /** Called after each wait; throws when the job is to end. */
  readonly alive: () => void;
  /** Called when nothing came: who holds the partitions back may be gone (I16). */
  readonly onStalled: () => Promise<void>;
}

/**
 * Reads partitions up to given offsets, all at once.
 * @throws JobError with code `JOB_BLOCKED` when a transaction holds a partition back for longer than it may last (I16)
 */
export async function catchUp(
  { log, clock, alive, onStalled }: CatchUpWorld,
  targets: readonly CatchUpTarget[],
  apply: (fetched: FetchedPartition) => Promise<void> | undefined,
): Promise<void> {
  const behind = targets.filter(({ from, to }) => from < to);
  if (behind.length === 0) return;
  const source = log.source();
  try {
    source.assign(behind.map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    const left = new Map(behind.map((target) => [`${target.topic}-${target.partition}`, target]));
    let progress = clock.monotonic();
    let turned = progress;
    const giveWay = async (): Promise<void> => {
      await clock.turn();
      alive();
      turned = clock.monotonic();
    };
    while (left.size > 0) {
      const fetched = await source.poll(POLL_WAIT);
      alive();
      for (const part of fetched) {
        const applied = apply(part);
        if (applied !== undefined) {
          await applied;
          alive();
        }
        progress = clock.monotonic();
        if (progress - turned >= YIELD_EVERY) await giveWay();
        const key = `${part.topic}-${part.partition}`;
        if (part.nextOffset < (left.get(key)?.to ?? 0)) continue;
        left.delete(key);
        source.unassign([part]);
      }
      if (fetched.length === 0) await onStalled();
      const stalled = clock.monotonic() - progress;
      if (stalled > MARGIN) await whileAllowed(log, [...left.values()], stalled - MARGIN);
      await giveWay();
    }
  } finally {
    source.close();
  }
}

/** Markers may be late, and a transaction last as long as its coordinator lets it: beyond that, waiting does not help. */
async function whileAllowed(log: Log, partitions: readonly CatchUpTarget[], waited: number): Promise<void> {
  const holders = (await log.undecided(partitions)).filter(({ topic, partition, offset }) =>
    partitions.some((each) => each.topic === topic && each.partition === partition && offset < each.to),
  );
  const [late] = holders.filter(({ timeout = ANY_TIMEOUT }) => waited > timeout);
  if (late !== undefined) throw blocked(late, log);
}

function blocked(late: UndecidedTransaction, log: Log): JobError {
  const { topic, partition, offset, producerId, transactionalId } = late;
  const who = transactionalId === undefined ? 'that no coordinator knows' : `of transactional id ${transactionalId}`;
  const what = `a transaction ${who} (producer ${producerId}) holds back ${topic}-${partition} from offset ${offset} on`;
  const message = `${what}, for longer than it may. Stop whoever writes it, or end it: ${abortCommand(log, late)}`;
  return new JobError('JOB_BLOCKED', message, { topic, partition, offset: BigInt(offset) });
}

import type { TransactionalProducer } from '../../../log/port.ts';
import type { Outlet, Taker } from './outlet.ts';

/**
 * exactly-once, with several checkpoints under way: the transaction of each is another producer's, one after the other. The next
 * one is filled while those before it are ended, and written as soon as the writes of the last of them are in the log, so that
 * each partition has the records of all checkpoints in their order (I15). Whoever ends them keeps the order of offsets and commits.
 *
 * There is one producer more than checkpoints that may be under way: the one that is filled has nothing else to do.
 */
export function transactionPool(producers: readonly TransactionalProducer[]): Outlet {
  let at = 0;
  let filled = producerAt(producers, at);
  /** Resolves when the one that is filled may write: all before it is in the log. */
  let turn: Promise<void> = Promise.resolve();
  /** Counts aborts: what was waited for before one concerns nobody after it. */
  let aborts = 0;
  const taker: Taker = { append: (record) => filled.append(record) };
  return {
    get producerId() {
      return filled.producerId;
    },
    get epoch() {
      return filled.epoch;
    },
    outputs: taker,
    changelog: taker,
    seal() {
      const sealed = filled;
      const begins = turn;
      const era = aborts;
      sealed.seal();
      at = (at + 1) % producers.length;
      const next = producerAt(producers, at);
      next.hold();
      // Where it fails, the next one is aborted with it. Until then nobody is to wait for room there.
      turn = begins
        .then(() => sealed.flush())
        .finally(() => {
          if (era === aborts) next.release();
        });
      // Whoever ends the sealed one hears of it there.
      turn.catch(() => undefined);
      filled = next;
      return {
        async commitOffsets(member, offsets) {
          await begins;
          await sealed.commitOffsets(member, offsets);
        },
        commit: () => sealed.commit(),
      };
    },
    async abort() {
      aborts++;
      turn = Promise.resolve();
      for (const producer of producers) await producer.abort();
    },
    finish: async () => undefined,
    close() {
      for (const producer of producers) producer.close();
    },
  };
}

function producerAt(producers: readonly TransactionalProducer[], index: number): TransactionalProducer {
  return producers[index] as TransactionalProducer;
}

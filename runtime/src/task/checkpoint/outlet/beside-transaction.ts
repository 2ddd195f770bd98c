import type { TransactionalProducer } from '../../../log/port.ts';
import type { FlushedOutputs } from './flushed-outputs.ts';
import type { Outlet } from './outlet.ts';

/**
 * I10: state, timers and offsets are in a transaction, or a zombie's older values would win in the changelog. Outputs are not:
 * the transaction waits until those before the barrier are there. Where it is aborted, they come again.
 */
export function besideTransaction(outputs: FlushedOutputs, transaction: TransactionalProducer): Outlet {
  return {
    get producerId() {
      return transaction.producerId;
    },
    get epoch() {
      return transaction.epoch;
    },
    outputs: outputs.producer,
    changelog: transaction,
    seal() {
      transaction.seal();
      outputs.seal();
      return {
        async commitOffsets(member, offsets) {
          await outputs.there();
          await transaction.commitOffsets(member, offsets);
        },
        commit: () => transaction.commit(),
      };
    },
    async abort() {
      await transaction.abort();
      await outputs.producer.reset();
    },
    finish: () => outputs.producer.flush(),
    close() {
      outputs.producer.close();
      transaction.close();
    },
  };
}

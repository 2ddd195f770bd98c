import { type Log, LogError } from '../../../log/port.ts';
import type { FlushedOutputs } from './flushed-outputs.ts';
import type { Outlet } from './outlet.ts';

/** I10: what has no state needs no transaction. Offsets follow outputs, with member and generation all the same (I4). */
export function plainOffsets(outputs: FlushedOutputs, log: Pick<Log, 'commitOffsets'>): Outlet {
  const { producer } = outputs;
  return {
    get producerId() {
      return producer.producerId;
    },
    get epoch() {
      return producer.epoch;
    },
    outputs: producer,
    changelog: {
      append(): never {
        throw new LogError('fatal', 'a job without transactions has no changelog');
      },
    },
    seal() {
      outputs.seal();
      return {
        async commitOffsets(member, offsets) {
          await outputs.there();
          await log.commitOffsets(member, offsets);
        },
        commit: async () => undefined,
      };
    },
    abort: () => producer.reset(),
    finish: () => producer.flush(),
    close: () => producer.close(),
  };
}

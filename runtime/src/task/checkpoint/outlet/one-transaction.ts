import type { TransactionalProducer } from '../../../log/port.ts';
import type { Outlet } from './outlet.ts';

/** exactly-once: outputs, changelog and offsets are one transaction (I1). */
export function oneTransaction(producer: TransactionalProducer): Outlet {
  return {
    get producerId() {
      return producer.producerId;
    },
    get epoch() {
      return producer.epoch;
    },
    outputs: producer,
    changelog: producer,
    seal() {
      producer.seal();
      return producer;
    },
    abort: () => producer.abort(),
    finish: async () => undefined,
    close: () => producer.close(),
  };
}

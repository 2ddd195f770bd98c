import type { Log } from '@kgen/runtime';

export type Producer = Awaited<ReturnType<Log['producer']>>;

/** A log whose producers do some things otherwise. */
export function withProducer(log: Log, otherwise: (producer: Producer) => Partial<Producer>): Log {
  return {
    ...log,
    producer: async (id) => {
      const producer = await log.producer(id);
      return {
        producerId: producer.producerId,
        epoch: producer.epoch,
        append: (record) => producer.append(record),
        seal: () => producer.seal(),
        hold: () => producer.hold(),
        release: () => producer.release(),
        flush: () => producer.flush(),
        commitOffsets: (member, offsets) => producer.commitOffsets(member, offsets),
        commit: () => producer.commit(),
        abort: () => producer.abort(),
        close: () => producer.close(),
        ...otherwise(producer),
      };
    },
  };
}

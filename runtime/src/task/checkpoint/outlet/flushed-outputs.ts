import type { IdempotentProducer } from '../../../log/port.ts';
import type { Taker } from './outlet.ts';

/** Outputs outside of any transaction: readers see them at once, and nothing takes them back. */
export interface FlushedOutputs {
  readonly producer: IdempotentProducer & Taker;
  /** The barrier: what was appended until now is to be there before the checkpoint is committed. */
  seal(): void;
  /** Resolves when it is. @throws LogError */
  there(): Promise<void>;
}

/** `awaited` false: the checkpoint does not wait, and its outputs may be lost. */
export function flushedOutputs(producer: IdempotentProducer, awaited: boolean): FlushedOutputs {
  let flushed = Promise.resolve();
  return {
    producer,
    seal() {
      flushed = producer.flush();
      // Where nobody waits, what is appended next fails in the same way.
      flushed.catch(() => undefined);
    },
    there: () => (awaited ? flushed : Promise.resolve()),
  };
}

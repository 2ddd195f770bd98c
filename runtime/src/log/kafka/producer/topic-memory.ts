import { type BuilderOptions, RecordBatchBuilder } from '../../record-batch/builder.ts';

/** Builders that are kept for the next batch, for each topic. */
const KEEP = 64;

/** Builders of one topic's batches, used again and again. */
export class TopicMemory {
  readonly limits: BuilderOptions;
  readonly #free: RecordBatchBuilder[] = [];

  constructor(limits: BuilderOptions) {
    this.limits = limits;
  }

  take(): RecordBatchBuilder {
    return this.#free.pop() ?? new RecordBatchBuilder(this.limits);
  }

  /** Nobody reads its last batch any more. */
  give(builder: RecordBatchBuilder): void {
    builder.reset();
    if (this.#free.length < KEEP) this.#free.push(builder);
  }
}

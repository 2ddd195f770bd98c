import type { Answer, Message } from './message.ts';

export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  /** `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, `Empty` and so on. */
  readonly state: string;
}

export interface ListTransactionsResponse extends Answer {
  readonly error: number;
  readonly unknownStates: readonly string[];
  readonly transactions: readonly ListedTransaction[];
}

/** Of the transactional ids that this broker coordinates: every broker is to be asked (KIP-664). */
export const listTransactions: Message<
  {
    /** Empty for all. */
    readonly states: readonly string[];
    /** Empty for all. */
    readonly producerIds: readonly number[];
  },
  ListTransactionsResponse
> = {
  name: 'ListTransactions',
  key: 66,
  versions: { min: 0, max: 1 },
  repeatable: true,
  write(writer, { states, producerIds }, version) {
    writer.array(states, (each, state) => each.string(state));
    writer.array(producerIds, (each, producerId) => each.int64(producerId));
    if (version >= 1) writer.int64(-1);
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    const unknownStates = reader.array((each) => each.string());
    const transactions = reader.array((each) => {
      const found = { transactionalId: each.string(), producerId: each.int64(), state: each.string() };
      each.tags();
      return found;
    }, 11);
    reader.tags();
    return { throttle, error, unknownStates, transactions };
  },
};

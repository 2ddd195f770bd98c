import type { Answer, Message } from './message.ts';

export interface InitProducerIdRequest {
  /** Null for a producer that is idempotent only: any broker answers. */
  readonly transactionalId: string | null;
  /** After how many milliseconds the broker aborts a transaction that nobody ended. */
  readonly transactionTimeout: number;
  /** Both -1: a new incarnation, which fences older ones. Else the next epoch of this very one, and an error if it was fenced (KIP-360). */
  readonly producerId: number;
  readonly epoch: number;
}

export interface InitProducerIdResponse extends Answer {
  readonly error: number;
  readonly producerId: number;
  readonly epoch: number;
}

/** Asked of the transaction's coordinator. Ends what older incarnations left open. */
export const initProducerId: Message<InitProducerIdRequest, InitProducerIdResponse> = {
  name: 'InitProducerId',
  key: 22,
  versions: { min: 4, max: 5 },
  repeatable: true,
  write(writer, { transactionalId, transactionTimeout, producerId, epoch }) {
    writer.string(transactionalId).int32(transactionTimeout).int64(producerId).int16(epoch).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    const identity = { producerId: reader.int64(), epoch: reader.int16() };
    reader.tags();
    return { throttle, error, ...identity };
  },
};

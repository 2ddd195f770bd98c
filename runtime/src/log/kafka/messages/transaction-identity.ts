import type { WireWriter } from '../wire/writer.ts';

/** Who writes a record batch. */
export interface ProducerIdentity {
  /** Null for a producer that has no transactions. */
  readonly transactionalId: string | null;
  readonly producerId: number;
  readonly epoch: number;
}

/** One incarnation of a transactional id. */
export interface TransactionIdentity extends ProducerIdentity {
  readonly transactionalId: string;
}

export function writeIdentity(
  writer: WireWriter,
  { transactionalId, producerId, epoch }: TransactionIdentity,
): WireWriter {
  return writer.string(transactionalId).int64(producerId).int16(epoch);
}

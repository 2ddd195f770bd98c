import type { WireWriter } from '../wire/writer.ts';

/** One incarnation of a transactional id. */
export interface TransactionIdentity {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly epoch: number;
}

export function writeIdentity(
  writer: WireWriter,
  { transactionalId, producerId, epoch }: TransactionIdentity,
): WireWriter {
  return writer.string(transactionalId).int64(producerId).int16(epoch);
}

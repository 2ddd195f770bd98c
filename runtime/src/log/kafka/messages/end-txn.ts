import type { Answer, Message } from './message.ts';
import { type TransactionIdentity, writeIdentity } from './transaction-identity.ts';

export type EndTxnRequest = TransactionIdentity & { readonly commit: boolean };

/** Version 1 of the transaction protocol. Asked of the transaction's coordinator. */
export const endTxnV1: Message<EndTxnRequest, Answer & { readonly error: number }> = {
  name: 'EndTxn',
  key: 26,
  versions: { min: 3, max: 4 },
  repeatable: false,
  write: writeEndTxn,
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    reader.tags();
    return { throttle, error };
  },
};

/** KIP-890: the answer names the identity under which the next transaction is to be written. */
export const endTxnV2: Message<
  EndTxnRequest,
  Answer & { readonly error: number; readonly producerId: number; readonly epoch: number }
> = {
  name: 'EndTxn',
  key: 26,
  versions: { min: 5, max: 5 },
  repeatable: false,
  write: writeEndTxn,
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    const next = { producerId: reader.int64(), epoch: reader.int16() };
    reader.tags();
    return { throttle, error, ...next };
  },
};

function writeEndTxn(writer: Parameters<typeof writeIdentity>[0], request: EndTxnRequest): void {
  writeIdentity(writer, request).boolean(request.commit).noTags();
}

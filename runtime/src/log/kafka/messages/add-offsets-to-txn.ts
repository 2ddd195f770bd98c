import type { Answer, Message } from './message.ts';
import { type TransactionIdentity, writeIdentity } from './transaction-identity.ts';

/** Version 1 of the transaction protocol alone. Asked of the transaction's coordinator. */
export const addOffsetsToTxn: Message<
  TransactionIdentity & { readonly group: string },
  Answer & { readonly error: number }
> = {
  name: 'AddOffsetsToTxn',
  key: 25,
  versions: { min: 3, max: 4 },
  repeatable: false,
  write(writer, request) {
    writeIdentity(writer, request).string(request.group).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    reader.tags();
    return { throttle, error };
  },
};

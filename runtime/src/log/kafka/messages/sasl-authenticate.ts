import type { Answer, Message } from './message.ts';

export interface SaslAuthenticateResponse extends Answer {
  readonly error: number;
  readonly message: string | null;
  readonly bytes: Buffer;
  /** In milliseconds, from the last answer of an authentication; 0 where the session has no end (KIP-368). */
  readonly sessionLifetime: number;
}

/** One round of a mechanism: what it says, and what the broker says to it. */
export const saslAuthenticate: Message<{ readonly bytes: Uint8Array }, SaslAuthenticateResponse> = {
  name: 'SaslAuthenticate',
  key: 36,
  versions: { min: 0, max: 2 },
  flexibleFrom: 2,
  repeatable: true,
  write(writer, { bytes }, version) {
    if (version < 2) writer.bytesClassic(bytes);
    else writer.bytesField(bytes).noTags();
  },
  read(reader, version) {
    const error = reader.int16();
    const classic = version < 2;
    const message = classic ? reader.stringClassic() : reader.nullableString();
    const bytes = (classic ? reader.bytesClassic() : reader.nullableBytes()) ?? Buffer.alloc(0);
    const sessionLifetime = version < 1 ? 0 : reader.int64();
    if (!classic) reader.tags();
    return { throttle: 0, error, message, bytes, sessionLifetime };
  },
};

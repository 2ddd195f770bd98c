import type { Answer, Message } from './message.ts';

export interface SaslHandshakeResponse extends Answer {
  readonly error: number;
  /** Those that the broker takes, also where the one that was asked for is none of them. */
  readonly mechanisms: readonly string[];
}

/** Names the mechanism. In version 1 what follows comes as SaslAuthenticate (KIP-152). */
export const saslHandshake: Message<{ readonly mechanism: string }, SaslHandshakeResponse> = {
  name: 'SaslHandshake',
  key: 17,
  versions: { min: 1, max: 1 },
  flexibleFrom: 2,
  repeatable: true,
  write(writer, { mechanism }) {
    writer.stringClassic(mechanism);
  },
  read(reader) {
    const error = reader.int16();
    const mechanisms = reader.arrayClassic((each) => each.stringClassic() ?? '', 2);
    return { throttle: 0, error, mechanisms };
  },
};

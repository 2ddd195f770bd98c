import { KafkaError } from '../../errors.ts';
import type { Address } from '../options.ts';

/** One round: takes what the client says, and gives what the broker says to it. @throws KafkaError where the broker refuses */
export type Exchange = (bytes: Uint8Array) => Promise<Buffer>;

/** Proves to one broker who one is, in as many rounds as it takes. Throws where it cannot, or where the broker proves nothing. */
export type Mechanism = (exchange: Exchange, broker: Address) => Promise<void>;

export function saslMessage(mechanism: string, reason: string): string {
  return `SASL ${mechanism} authentication failed: ${reason}`;
}

/** No other try would come to anything else. */
export function saslFailure(mechanism: string, reason: string): KafkaError {
  return new KafkaError('fatal', 'SaslAuthenticate', saslMessage(mechanism, reason));
}

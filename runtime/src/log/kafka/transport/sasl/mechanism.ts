import type { Address } from '../options.ts';

/** One round: takes what the client says, and gives what the broker says to it. @throws KafkaError where the broker refuses */
export type Exchange = (bytes: Uint8Array) => Promise<Buffer>;

/** Proves to one broker who one is, in as many rounds as it takes. Throws where it cannot, or where the broker proves nothing. */
export type Mechanism = (exchange: Exchange, broker: Address) => Promise<void>;

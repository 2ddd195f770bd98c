import kafkajsOauthBearer from 'kafkajs/src/broker/saslAuthenticator/oauthBearer.js';
import type { SaslOptions } from '../options.ts';
import { kafkajsMechanism } from './kafkajs-mechanism.ts';
import type { Mechanism } from './mechanism.ts';

/** Asks a broker that does not take the token to end the exchange with its refusal (RFC 7628, 3.2.3). */
const UNDERSTOOD = Uint8Array.of(1);

/** A token for each authentication. */
export function oauthBearer(sasl: SaslOptions): Mechanism {
  const mechanism = kafkajsMechanism(kafkajsOauthBearer(withToken(sasl)));
  return (exchange, broker) =>
    mechanism(async (bytes) => {
      const said = await exchange(bytes);
      if (said.length === 0) return said;
      await exchange(UNDERSTOOD);
      throw new Error(`the broker says ${said}`);
    }, broker);
}

/** kafkajs says what is wrong with a token that has no value, but not with none at all. */
function withToken(sasl: SaslOptions): object {
  if (!('oauthBearerProvider' in sasl)) return sasl;
  return { oauthBearerProvider: async () => (await sasl.oauthBearerProvider()) ?? {} };
}

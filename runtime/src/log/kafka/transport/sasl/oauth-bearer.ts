import type { OauthBearerOptions } from '../options.ts';
import { type Mechanism, saslFailure } from './mechanism.ts';

/** Asks a broker that does not take the token to end the exchange with its refusal (RFC 7628, 3.2.3). */
const UNDERSTOOD = Uint8Array.of(1);

/** What RFC 7628, 3.1 lets names and values of pairs be made of: anything else could end them. */
const NAME = /^[a-z]+$/i;
const VALUE = /^[\x20-\x7e\t\r\n]+$/;

/** RFC 7628, with Kafka's extensions (KIP-342). A token for each authentication. */
export function oauthBearer({ oauthBearerProvider }: OauthBearerOptions): Mechanism {
  return async (exchange) => {
    // What it throws comes as it is: a server of tokens that is away may be back.
    const pairs = pairsOf(await oauthBearerProvider());
    const said = await exchange(Buffer.from(`n,,\x01${pairs.map((pair) => `${pair}\x01`).join('')}\x01`));
    if (said.length === 0) return;
    await exchange(UNDERSTOOD);
    throw saslFailure('OAUTHBEARER', `the broker says ${said}`);
  };
}

type Token = Awaited<ReturnType<OauthBearerOptions['oauthBearerProvider']>>;

function pairsOf(token: Token | undefined): readonly string[] {
  const { value, extensions } = token ?? {};
  if (typeof value !== 'string' || !VALUE.test(value))
    throw saslFailure('OAUTHBEARER', 'oauthBearerProvider gives no token: { value } is to be its text, in ASCII');
  const more = Object.entries(extensions ?? {}).map(([name, text]) => {
    if (NAME.test(name) && name !== 'auth' && typeof text === 'string' && VALUE.test(text)) return `${name}=${text}`;
    throw saslFailure(
      'OAUTHBEARER',
      `extension ${JSON.stringify(name)} of the token is not letters and a text in ASCII`,
    );
  });
  return [`auth=Bearer ${value}`, ...more];
}

import { type Clock, sleep } from '../../../../time/clock.ts';
import { answeredError, KafkaError } from '../../errors.ts';
import type { Answer, Message } from '../../messages/message.ts';
import { type SaslAuthenticateResponse, saslAuthenticate } from '../../messages/sasl-authenticate.ts';
import { saslHandshake } from '../../messages/sasl-handshake.ts';
import type { Address, SaslOptions } from '../options.ts';
import { type Exchange, saslMessage } from './mechanism.ts';
import { mechanismName, mechanismOf } from './mechanisms.ts';
import type { Secrets } from './secrets.ts';

type Ask = <Request, Response extends Answer>(
  message: Message<Request, Response>,
  request: Request,
) => Promise<Response>;

/** So many milliseconds before its end a session is renewed; a short one when half of it is over. */
const AHEAD = 10_000;
/** Brokers refuse to renew a session that is younger, in milliseconds (KIP-368); one that is over they renew as well. */
const REST = 1000;

/** Who a broker takes one connection for, and until when (KIP-368). */
export class SaslSession {
  readonly #sasl: SaslOptions;
  readonly #broker: Address;
  readonly #clock: Clock;
  readonly #ask: Ask;
  readonly #secrets: Secrets;
  /** When the broker has last said yes. */
  #since = Number.NEGATIVE_INFINITY;
  #renewAt = Number.NEGATIVE_INFINITY;

  constructor(
    sasl: SaslOptions,
    broker: Address,
    { clock, secrets }: { readonly clock: Clock; readonly secrets: Secrets },
    ask: Ask,
  ) {
    this.#sasl = sasl;
    this.#broker = broker;
    this.#clock = clock;
    this.#secrets = secrets;
    this.#ask = ask;
  }

  /** True where there is none yet, or it ends soon. */
  get isDue(): boolean {
    return this.#clock.monotonic() >= this.#renewAt;
  }

  /** Not to be called again before it has settled. @throws KafkaError, `fatal` where the broker refuses; and what a mechanism throws */
  async authenticate(): Promise<void> {
    const rest = this.#since + REST - this.#clock.monotonic();
    if (rest > 0) await sleep(this.#clock, rest);
    const name = mechanismName(this.#sasl);
    const { error, mechanisms } = await this.#ask(saslHandshake, { mechanism: name });
    const offered = error === 0 && mechanisms.includes(name);
    if (!offered && mechanisms.length > 0) throw unsupported(name, mechanisms);
    if (!offered) throw answeredError('SaslHandshake', error, `mechanism ${name}`);
    this.#secrets.renew();
    let refusal: KafkaError | undefined;
    let lifetime = 0;
    let since = this.#clock.monotonic();
    const exchange: Exchange = async (bytes) => {
      this.#secrets.told(bytes);
      const answer: SaslAuthenticateResponse = await this.#ask(saslAuthenticate, { bytes });
      since = this.#clock.monotonic();
      lifetime = answer.sessionLifetime;
      if (answer.error === 0) return answer.bytes;
      refusal = refused(name, answer);
      throw refusal;
    };
    try {
      await mechanismOf(this.#sasl)(exchange, this.#broker);
    } catch (failure) {
      throw refusal === undefined || failure === refusal ? failure : inWordsOf(failure, refusal);
    }
    this.#since = since;
    const age = Math.max(lifetime - AHEAD, lifetime / 2, Math.min(REST, 0.9 * lifetime));
    this.#renewAt = lifetime === 0 ? Number.POSITIVE_INFINITY : since + age;
  }
}

function unsupported(name: string, mechanisms: readonly string[]): KafkaError {
  const message = `the broker does not take mechanism ${name}, but ${mechanisms.join(', ')}`;
  return new KafkaError('fatal', 'SaslHandshake', message);
}

function refused(mechanism: string, { error, message }: SaslAuthenticateResponse): KafkaError {
  const named = answeredError('SaslAuthenticate', error, 'this client');
  // What brokers say themselves is clear, and meant for whoever tries.
  const text = saslMessage(mechanism, message || named.message);
  return new KafkaError(named.kind, named.request, text, { kafkaCode: error });
}

/** A mechanism of one's own may wrap what the broker answered: it says what was tried, and its code says whether to try again. */
function inWordsOf(failure: unknown, { kind, request, kafkaCode = 0 }: KafkaError): KafkaError {
  const message = failure instanceof Error ? failure.message : String(failure);
  return new KafkaError(kind, request, message, { kafkaCode });
}

import { metadata } from '../../../runtime/src/log/kafka/messages/metadata.ts';
import { saslAuthenticate } from '../../../runtime/src/log/kafka/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../../runtime/src/log/kafka/messages/sasl-handshake.ts';
import { WireReader } from '../../../runtime/src/log/kafka/wire/reader.ts';
import { WireWriter } from '../../../runtime/src/log/kafka/wire/writer.ts';
import { type FakeBroker, type FakeRequest, fakeBroker, isFor, metadataAnswer } from './fake-broker.ts';

/** An answer to a heartbeat. */
const OK = Buffer.from('00000000000000', 'hex');

export interface SaidBySasl {
  readonly error?: number;
  readonly message?: string;
  readonly bytes?: string;
  readonly lifetime?: number;
}

export interface Behaviour {
  readonly mechanisms?: readonly string[];
  /** What it says in each round. Undefined: nothing. */
  readonly says?: (bytes: Buffer, round: number, request: FakeRequest) => SaidBySasl | undefined;
  readonly authenticateVersion?: number;
}

/** What clients said to it, in the order of the wire: `handshake`, bytes of SASL as text, `beat 1`. */
export interface SaslBroker extends FakeBroker {
  readonly heard: readonly string[];
}

/** Speaks enough of Kafka to be connected to, and of SASL what it is told to. */
export async function fakeSaslBroker(behaviour: Behaviour = {}): Promise<SaslBroker> {
  const { mechanisms = ['PLAIN', 'OAUTHBEARER', 'X-OWN'], says = () => ({}), authenticateVersion = 2 } = behaviour;
  const heard: string[] = [];
  let round = 0;
  const versions = [3, 12, 17, 18].map((key) => [key, 0, 99] as const);
  const server: FakeBroker = await fakeBroker(
    (request) => {
      if (isFor(request, saslHandshake)) {
        const asked = new WireReader(request.body).stringClassic() ?? '';
        heard.push('handshake');
        const writer = new WireWriter().int16(mechanisms.includes(asked) ? 0 : 33);
        request.answer(writer.arrayClassic(mechanisms, (each, name) => each.stringClassic(name)).bytes());
      } else if (isFor(request, saslAuthenticate)) {
        const reader = new WireReader(request.body);
        const bytes = (request.version < 2 ? reader.bytesClassic() : reader.nullableBytes()) ?? Buffer.alloc(0);
        heard.push(bytes.toString());
        const said = says(bytes, round++, request);
        if (said !== undefined) request.answer(authenticateAnswer(said, request.version));
      } else if (isFor(request, metadata)) request.answer(metadataAnswer([[1, server.port]]));
      else {
        heard.push(`beat ${request.body.readInt32BE(2)}`);
        request.answer(OK);
      }
    },
    { versions: [...versions, [36, 0, authenticateVersion]] },
  );
  return Object.assign(server, { heard });
}

function authenticateAnswer({ error = 0, message, bytes = '', lifetime = 0 }: SaidBySasl, version: number): Buffer {
  const writer = new WireWriter().int16(error);
  if (version < 2) writer.stringClassic(message ?? null).bytesClassic(Buffer.from(bytes));
  else writer.string(message ?? null).bytesField(Buffer.from(bytes));
  if (version >= 1) writer.int64(lifetime);
  if (version >= 2) writer.noTags();
  return writer.bytes();
}

import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { heartbeat } from '../../runtime/src/log/kafka/messages/heartbeat.ts';
import type {
  ConnectionSettings,
  SaslOptions,
  TransportOptions,
} from '../../runtime/src/log/kafka/transport/options.ts';
import { Secrets } from '../../runtime/src/log/kafka/transport/sasl/secrets.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { fakeSaslBroker, type SaidBySasl, type SaslBroker } from '../support/kafka/sasl-broker.ts';

// What a client was given, or told a broker, must not come back in an error, whoever repeats it. Real brokers do not.

const CANARY = 'c4n4ry+s3cret/of ours"';
const SIGNATURE = 'c4n4ry-s1gnature-of-a-token';
const TOKEN = `${['{"alg":"RS256"}', '{"sub":"kgen","exp":1}'].map((part) => Buffer.from(part).toString('base64url')).join('.')}.${SIGNATURE}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PASSWORDS = [CANARY, JSON.stringify(CANARY).slice(1, -1), encodeURIComponent(CANARY), base64(CANARY)].concat(
  base64(`\0kgen\0${CANARY}`),
);
const TOKENS = [TOKEN, SIGNATURE, base64(TOKEN)];

const opened: { stop?(): unknown; close?(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await (each.stop?.() ?? each.close?.());
});

async function open(server: SaslBroker, options: Partial<TransportOptions>): Promise<KafkaTransport> {
  const transport = KafkaTransport.open({ brokers: [server.address], ...options }, systemClock);
  opened.push(transport);
  await transport.topics([]);
  return transport;
}

async function broker(says: (bytes: Buffer, round: number) => SaidBySasl): Promise<SaslBroker> {
  const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'X-OWN'];
  const server = await fakeSaslBroker({ mechanisms, says });
  opened.push(server);
  return server;
}

/** All that can be printed of an error; it is one of the log's. */
async function shown(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isLogError(error)) throw new Error(`no LogError: ${inspect(error)}`);
  const text = `${inspect(error, { depth: 10, showHidden: true })}\n${error.stack}\n${JSON.stringify(error)}`;
  for (const canary of [...PASSWORDS, ...TOKENS]) expect(text).not.toContain(canary);
  return text;
}

/** A mechanism that tells `said`, as one for AWS does; then it does what it is told to. */
function own(said: string, then: () => unknown = () => undefined): SaslOptions {
  return {
    mechanism: 'x-own',
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const bytes = Buffer.from(said);
        const size = Buffer.alloc(4);
        size.writeInt32BE(bytes.length);
        await saslAuthenticate({ request: { encode: () => Buffer.concat([size, bytes]) } });
        then();
      },
    }),
  };
}

const oauth = (oauthBearerProvider: () => Promise<{ readonly value: string }>): SaslOptions => ({
  mechanism: 'oauthbearer',
  oauthBearerProvider,
});
const password = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'): SaslOptions => ({
  mechanism,
  username: 'kgen',
  password: CANARY,
});

const signed = JSON.stringify({ version: '2020_10_22', 'x-amz-signature': SIGNATURE, 'x-amz-security-token': TOKEN });
const ways: readonly (readonly [string, SaslOptions])[] = [
  ['PLAIN', password('plain')],
  ['SCRAM-SHA-256', password('scram-sha-256')],
  ['SCRAM-SHA-512', password('scram-sha-512')],
  ['OAUTHBEARER', oauth(async () => ({ value: TOKEN }))],
  ['a mechanism of one’s own', own(signed)],
];
/** As a broker may repeat what it was told, or could have worked out. */
const known = ({ mechanism }: SaslOptions): readonly string[] =>
  /^(plain|scram)/.test(mechanism) ? PASSWORDS : TOKENS;

describe.each(ways)('secrets of %s', (_, sasl) => {
  test('are not in the refusal that repeats them', async () => {
    const server = await broker(() => ({ error: 58, message: `no: ${known(sasl).join(' | ')} is wrong` }));
    expect(await shown(open(server, { sasl }))).toMatch(/\*\*\* is wrong/);
  });

  test('are not in an error that may pass', async () => {
    const server = await broker(() => ({ error: 7, message: known(sasl).join(' | ') }));
    await shown(open(server, { sasl }));
  });

  test('are not in what becomes of an answer that makes no sense', async () => {
    const server = await broker(() => ({ bytes: known(sasl).join(',') }));
    await open(server, { sasl }).catch(() => shown(open(server, { sasl })));
  });

  test('are not in the failure of a renewal', async () => {
    if (sasl.mechanism.startsWith('scram')) return; // such a broker proves nothing, and is never authenticated at
    let first = true;
    const server = await broker(() => {
      if (!first) return { error: 58, message: known(sasl).join(' | ') };
      first = false;
      return { lifetime: 200 };
    });
    const transport = await open(server, { sasl });
    await new Promise((resolve) => setTimeout(resolve, 250));
    const beat = { group: 'g', generation: 1, memberId: 'm', instanceId: null };
    await shown(transport.send(1, 'control', heartbeat, beat));
  });
});

describe('functions of the user’s own', () => {
  const asGiven: readonly (readonly [string, string])[] = [
    ['a token', `the server did not take ${TOKEN}`],
    ['a header', `sent Authorization: Bearer ${SIGNATURE}`],
    ['a form', `POST /token client_id=kgen&client_secret=${SIGNATURE} gave 401`],
    ['JSON', `{"grant_type":"password","password":"${SIGNATURE}"}`],
    ['a URL', `https://kgen:${SIGNATURE}@idp.example.org/token cannot be reached`],
  ];
  test.each(asGiven)('that fail with %s in their error', async (_, message) => {
    const server = await broker(() => ({}));
    const provider = (): Promise<never> => Promise.reject(new Error(message));
    expect(await shown(open(server, { sasl: oauth(provider) }))).toContain('***');
  });

  test('that repeat what they told', async () => {
    const server = await broker(() => ({}));
    const fails = (): never => {
      throw new Error(`was ${signed}`);
    };
    await shown(open(server, { sasl: own(signed, fails) }));
  });
});

test('the passphrase of a key', async () => {
  const server = await broker(() => ({}));
  const tls = {
    key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nnone\n-----END ENCRYPTED PRIVATE KEY-----',
    passphrase: CANARY,
  };
  await shown(open(server, { tls }));
});

test('of many tokens of one connection the last two are known: it does not grow with its age', () => {
  const secrets = new Secrets({ sasl: oauth(async () => ({ value: TOKEN })) } as unknown as ConnectionSettings);
  const token = (i: number): string => `opaque-token-number-${i}-of-this-connection`;
  for (let i = 1; i <= 20; i++) {
    secrets.renew();
    secrets.told(Buffer.from(`n,,\x01auth=Bearer ${token(i)}\x01\x01`));
  }
  const said = (i: number): string => secrets.without(`it says '${token(i)}'`);
  expect([19, 20].map(said)).toEqual(["it says '***'", "it says '***'"]);
  expect([1, 18].map(said)).toEqual([1, 18].map((i) => `it says '${token(i)}'`));
});

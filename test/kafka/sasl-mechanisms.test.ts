import { describe, expect, test } from 'vitest';
import type { Mechanism } from '../../runtime/src/log/kafka/transport/sasl/mechanism.ts';
import { oauthBearer } from '../../runtime/src/log/kafka/transport/sasl/oauth-bearer.ts';
import { plain } from '../../runtime/src/log/kafka/transport/sasl/plain.ts';
import { scram } from '../../runtime/src/log/kafka/transport/sasl/scram.ts';

// What each mechanism says, byte for byte, and what it does not let a broker say. That real brokers take it is tested in
// access.test.ts.

const BROKER = { host: 'kafka-1.example.org', port: 9094 };

/** What a mechanism says to a broker that answers so, until it is content or throws. */
async function said(mechanism: Mechanism, answers: readonly string[]): Promise<{ said: string[]; error?: unknown }> {
  const heard: string[] = [];
  try {
    await mechanism(async (bytes) => {
      heard.push(Buffer.from(bytes).toString());
      return Buffer.from(answers[heard.length - 1] ?? '');
    }, BROKER);
    return { said: heard };
  } catch (error) {
    return { said: heard, error };
  }
}

const refusal = (text: string | RegExp): object => ({
  kind: 'fatal',
  message: typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
});

describe('PLAIN', () => {
  test('says name and password as they are', async () => {
    const mechanism = plain({ mechanism: 'plain', username: 'zoë', password: 'pen=cil, "x"' });
    expect(await said(mechanism, [''])).toEqual({ said: ['\0zoë\0pen=cil, "x"'] });
  });

  test.each([
    [{ username: 'kgen', password: undefined }, 'sasl.password is missing'],
    [{ username: '', password: 'pencil' }, 'sasl.username is missing'],
    [{ username: 'kgen\0admin', password: 'pencil' }, 'sasl.username has a NUL character'],
    [{ username: 'kgen', password: 'a\0b' }, 'sasl.password has a NUL character'],
  ])('does not send %j', async (options, message) => {
    for (const mechanism of [plain, (sasl: never) => scram('sha256', sasl)]) {
      const { said: sent, error } = await said(mechanism({ mechanism: 'plain', ...options } as never), ['']);
      expect(sent).toEqual([]);
      expect(error).toMatchObject(refusal(message));
    }
  });
});

describe('SCRAM', () => {
  // The example of RFC 7677, 3.
  const NONCE = 'rOprNGfwEbeRWgbNEkqO';
  const BOTH = `${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
  const CHALLENGE = `r=${BOTH},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
  const PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const VERDICT = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';
  const sasl = { mechanism: 'scram-sha-256', username: 'user', password: 'pencil' } as const;
  const client = (options: object = {}): Mechanism => scram('sha256', { ...sasl, ...options }, () => NONCE);

  test('says what the RFC has as its example, and believes its broker', async () => {
    expect(await said(client(), [CHALLENGE, VERDICT])).toEqual({
      said: [`n,,n=user,r=${NONCE}`, `c=biws,r=${BOTH},p=${PROOF}`],
    });
    const extended = await said(client(), [CHALLENGE, `${VERDICT},x=more`]);
    expect(extended.error).toBeUndefined();
  });

  test('escapes names, and has another nonce each time', async () => {
    const { said: sent } = await said(client({ username: 'a=b,c' }), ['e=no']);
    expect(sent).toEqual([`n,,n=a=3Db=2Cc,r=${NONCE}`]);
    const nonces = await Promise.all(
      Array.from({ length: 50 }, async () => (await said(scram('sha512', sasl), ['e=no'])).said[0]),
    );
    expect(new Set(nonces).size).toBe(50);
    for (const first of nonces) expect(first).toMatch(/^n,,n=user,r=[\w-]{24}$/);
  });

  test.each([
    ['a nonce of somebody else', CHALLENGE.replace('r=r', 'r=x'), 'gives no nonce of its own'],
    ['no nonce of its own', CHALLENGE.replace(BOTH, NONCE), 'gives no nonce of its own'],
    ['few iterations', CHALLENGE.replace('4096', '4095'), 'asks for 4095 iterations'],
    ['very many iterations', CHALLENGE.replace('4096', '2147483647'), 'asks for 2147483647 iterations'],
    ['no number of iterations', CHALLENGE.replace('4096', 'many'), 'no nonce'],
    ['no salt', CHALLENGE.replace(/s=[^,]+/, 's='), 'no nonce'],
    ['an extension that is to be known', `m=new,${CHALLENGE}`, 'no nonce'],
    ['nothing', '', 'no nonce'],
    ['a refusal', 'e=unknown-user', 'the broker says unknown-user'],
  ])('proves nothing to a broker that answers with %s', async (_, challenge, message) => {
    const { said: sent, error } = await said(client(), [challenge, VERDICT]);
    expect(sent).toHaveLength(1);
    expect(error).toMatchObject(refusal(message));
    expect(error).toMatchObject(refusal('SASL SCRAM-SHA-256 authentication failed: '));
  });

  test.each([
    ['of another', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5='.replace('5G5=', '5HA='), 'no proof'],
    ['that is cut', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==', 'no proof'],
    ['that is longer', `${VERDICT.slice(0, -1)}AAAA`, 'no proof'],
    ['that is missing', '', 'no proof'],
    ['that is none', 'v=', 'no proof'],
    ['or a refusal', 'e=invalid-proof', 'the broker says invalid-proof'],
  ])('does not believe a broker with a proof %s', async (_, verdict, message) => {
    const { said: sent, error } = await said(client(), [CHALLENGE, verdict]);
    expect(sent).toHaveLength(2);
    expect(error).toMatchObject(refusal(message));
  });
});

describe('OAUTHBEARER', () => {
  const bearerOf = (token: unknown): Mechanism =>
    oauthBearer({ mechanism: 'oauthbearer', oauthBearerProvider: async () => token as never });

  test('says token and extensions', async () => {
    expect(await said(bearerOf({ value: 'a.b-c' }), [''])).toEqual({ said: ['n,,\x01auth=Bearer a.b-c\x01\x01'] });
    const extensions = { logicalCluster: 'lkc-1', identityPoolId: 'pool' };
    expect(await said(bearerOf({ value: 'a.b-c', extensions }), [''])).toEqual({
      said: ['n,,\x01auth=Bearer a.b-c\x01logicalCluster=lkc-1\x01identityPoolId=pool\x01\x01'],
    });
  });

  test.each([
    [undefined, 'gives no token'],
    [{}, 'gives no token'],
    [{ value: '' }, 'gives no token'],
    [{ value: 'top-secret\x01auth=Bearer other' }, 'gives no token'],
    [{ value: 'top-secret', extensions: { auth: 'x' } }, 'extension "auth"'],
    [{ value: 'top-secret', extensions: { 'a\x01b': 'x' } }, 'extension "a\\u0001b"'],
    [{ value: 'top-secret', extensions: { a: 'x\x01auth=Bearer other' } }, 'extension "a"'],
    [{ value: 'top-secret', extensions: { a: 7 } }, 'extension "a"'],
  ])('does not send %j', async (token, message) => {
    const { said: sent, error } = await said(bearerOf(token), ['']);
    expect(sent).toEqual([]);
    expect(error).toMatchObject(refusal(message));
    expect(String(error)).not.toContain('top-secret');
  });
});

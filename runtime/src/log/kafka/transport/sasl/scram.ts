import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { PasswordOptions } from '../options.ts';
import { type Mechanism, saslFailure } from './mechanism.ts';
import { checkPassword } from './password.ts';

/** Without channel binding, and for the user itself, as text and in base64. */
const HEADER = 'n,,';
const BINDING = 'biws';
/** Kafka keeps no password that was hashed fewer times; what costs seconds is no broker that means well. */
const LEAST_ITERATIONS = 4096;
const MOST_ITERATIONS = 1_000_000;

/** RFC 5802, 7: extensions may follow, but none that the client has to know (`m=`). */
const CHALLENGE = /^r=([\x21-\x2b\x2d-\x7e]+),s=([a-z\d+/]+={0,2}),i=([1-9]\d{0,9})(?:,|$)/i;
const VERDICT = /^v=([a-z\d+/]+={0,2})(?:,|$)/i;
const REFUSAL = /^e=([^,]+)/;

const derive = promisify(pbkdf2);

/**
 * SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither says it. Text is UTF-8 as it is, as
 * Kafka's own client has it, without SASLprep. `nonce` is printable, and has no comma.
 */
export function scram(hash: 'sha256' | 'sha512', sasl: PasswordOptions, nonce: () => string = randomNonce): Mechanism {
  const name = hash === 'sha256' ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512';
  const hmac = (key: Uint8Array, text: string): Buffer => createHmac(hash, key).update(text).digest();
  return async (exchange) => {
    checkPassword(name, sasl);
    const own = nonce();
    const first = `n=${sasl.username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${own}`;
    const challenge = (await exchange(Buffer.from(HEADER + first))).toString();
    const [, both = '', salt = '', count = ''] = CHALLENGE.exec(challenge) ?? [];
    if (!both.startsWith(own) || both === own) throw saslFailure(name, unlike(challenge, 'no nonce of its own'));
    const iterations = Number(count);
    if (iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS) {
      const range = `from ${LEAST_ITERATIONS} to ${MOST_ITERATIONS}`;
      throw saslFailure(name, `the broker asks for ${iterations} iterations, which are not ${range}`);
    }
    const { length } = hmac(Buffer.alloc(0), '');
    const salted = await derive(sasl.password, Buffer.from(salt, 'base64'), iterations, length, hash);
    const last = `c=${BINDING},r=${both}`;
    const said = `${first},${challenge},${last}`;
    const key = hmac(salted, 'Client Key');
    const signature = hmac(createHash(hash).update(key).digest(), said);
    const proof = Buffer.from(key.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64');
    const verdict = (await exchange(Buffer.from(`${last},p=${proof}`))).toString();
    const [, refusal] = REFUSAL.exec(verdict) ?? [];
    if (refusal !== undefined) throw saslFailure(name, `the broker says ${refusal}`);
    const [, theirs = ''] = VERDICT.exec(verdict) ?? [];
    const expected = hmac(hmac(salted, 'Server Key'), said);
    const given = Buffer.from(theirs, 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw saslFailure(name, unlike(verdict, 'no proof that it knows the password: is it the broker that is meant?'));
  };
}

function unlike(said: string, missing: string): string {
  const [, refusal] = REFUSAL.exec(said) ?? [];
  return refusal === undefined ? `the broker gives ${missing}` : `the broker says ${refusal}`;
}

function randomNonce(): string {
  return randomBytes(18).toString('base64url');
}

import plain from 'kafkajs/src/broker/saslAuthenticator/plain.js';
import scram256 from 'kafkajs/src/broker/saslAuthenticator/scram256.js';
import scram512 from 'kafkajs/src/broker/saslAuthenticator/scram512.js';
import { KafkaError } from '../../errors.ts';
import type { KerberosOptions, SaslOptions } from '../options.ts';
import { gssapi } from './gssapi.ts';
import { kafkajsMechanism } from './kafkajs-mechanism.ts';
import type { Mechanism } from './mechanism.ts';
import { oauthBearer } from './oauth-bearer.ts';

/** By the names that brokers know them by. */
const MECHANISMS: ReadonlyMap<string, (sasl: SaslOptions) => Mechanism> = new Map([
  ['PLAIN', (sasl) => kafkajsMechanism(plain(sasl))],
  ['SCRAM-SHA-256', (sasl) => kafkajsMechanism(scram256(sasl))],
  ['SCRAM-SHA-512', (sasl) => kafkajsMechanism(scram512(sasl))],
  ['OAUTHBEARER', oauthBearer],
  ['GSSAPI', (sasl) => gssapi(sasl as KerberosOptions)],
]);

/** As brokers know it. */
export function mechanismName({ mechanism }: SaslOptions): string {
  return mechanism.toUpperCase();
}

/** A provider that is given comes first. @throws KafkaError, `fatal`, where there is none by this name */
export function mechanismOf(sasl: SaslOptions): Mechanism {
  if ('authenticationProvider' in sasl) return kafkajsMechanism(sasl.authenticationProvider);
  const name = mechanismName(sasl);
  const create = MECHANISMS.get(name);
  if (create !== undefined) return create(sasl);
  const known = [...MECHANISMS.keys()].join(', ');
  const message = `there is no mechanism ${name} here, but ${known}: give an authenticationProvider for it`;
  throw new KafkaError('fatal', 'SaslHandshake', message);
}

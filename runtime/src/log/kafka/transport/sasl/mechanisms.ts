import { KafkaError } from '../../errors.ts';
import type { KerberosOptions, OauthBearerOptions, PasswordOptions, SaslOptions } from '../options.ts';
import { gssapi } from './gssapi.ts';
import { kafkajsMechanism } from './kafkajs-mechanism.ts';
import type { Mechanism } from './mechanism.ts';
import { oauthBearer } from './oauth-bearer.ts';
import { plain } from './plain.ts';
import { scram } from './scram.ts';

/** By the names that brokers know them by. */
const MECHANISMS: ReadonlyMap<string, (sasl: SaslOptions) => Mechanism> = new Map([
  ['PLAIN', (sasl) => plain(sasl as PasswordOptions)],
  ['SCRAM-SHA-256', (sasl) => scram('sha256', sasl as PasswordOptions)],
  ['SCRAM-SHA-512', (sasl) => scram('sha512', sasl as PasswordOptions)],
  ['OAUTHBEARER', (sasl) => oauthBearer(sasl as OauthBearerOptions)],
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

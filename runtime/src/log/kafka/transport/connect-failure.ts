import { isLogError } from '../../port.ts';
import { KafkaError } from '../errors.ts';
import type { Address, ConnectionSettings } from './options.ts';
import type { Secrets } from './sasl/secrets.ts';

/** Where the way to a connection ended. */
export interface ConnectStop {
  readonly stage: 'connect' | 'talk' | 'authenticate';
  readonly error: unknown;
  /** It still was open when it failed: the error is no consequence of a socket that broke. */
  readonly open: boolean;
}

/** How a connection fails to open: `fatal` where no further try can help, since name, key or protocol are wrong. */
export function connectFailure(
  { host, port }: Address,
  settings: ConnectionSettings,
  secrets: Secrets,
  { stage, error, open }: ConnectStop,
): KafkaError {
  const reason = secrets.without(error instanceof Error ? error.message : String(error));
  const fatal = isFinal(settings, stage, error, open);
  const known = fatal && isLogError(error);
  return new KafkaError(
    fatal ? 'fatal' : 'retriable',
    'ApiVersions',
    `cannot ${stage === 'authenticate' ? 'authenticate at' : 'connect to'} ${host}:${port}: ${reason}${known ? '' : hint(stage, settings)}`,
  );
}

function isFinal({ tls }: ConnectionSettings, stage: string, error: unknown, open: boolean): boolean {
  if (isLogError(error) && error.kind === 'fatal') return true;
  if (stage === 'authenticate') return open && isRefusal(error);
  return tls !== undefined && error instanceof Error && isTlsFailure(error);
}

function hint(stage: string, { tls, sasl }: ConnectionSettings): string {
  if (stage !== 'talk') return '';
  if (tls === undefined) return ' (does it expect TLS, or is it no Kafka at all?)';
  return sasl === undefined ? ' (does it demand a client certificate or SASL?)' : '';
}

/** Of a mechanism made for kafkajs: by name. What else one of the user's own throws may pass. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'KafkaJSSASLAuthenticationError';
}

function isTlsFailure(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(ERR_TLS_|ERR_SSL_|EPROTO|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH)/.test(code) ||
    /certificate|wrong version number|altnames|ssl3_|tlsv1 alert/i.test(error.message)
  );
}

import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** What a mechanism of one's own is given, to prove to one broker who one is: what kafkajs 2.2.4 gives. */
export interface SaslConnection {
  readonly host: string;
  readonly port: number;
  /** Keeps nothing: what goes wrong is to be thrown. */
  readonly logger: SaslLogger;
  /**
   * One round. Both the request and the raw answer begin with their size, 4 bytes.
   *
   * @throws KafkaError where the broker refuses
   */
  saslAuthenticate<Said>(round: {
    readonly request: { encode(): Buffer | Promise<Buffer> };
    readonly response?: { decode(raw: Buffer): Buffer | Promise<Buffer>; parse(decoded: Buffer): Said };
  }): Promise<Said | undefined>;
}

/** As kafkajs has it. */
export interface SaslLogger {
  namespace(name: string): SaslLogger;
  setLogLevel(level: number): void;
  debug(message: string, extra?: object): void;
  info(message: string, extra?: object): void;
  warn(message: string, extra?: object): void;
  error(message: string, extra?: object): void;
}

/** A mechanism of one's own. Called for each authentication; rejects where it fails. */
export type AuthenticationProvider = (connection: SaslConnection) => { authenticate(): Promise<void> };

/** How to prove who one is. */
export type SaslOptions =
  | PasswordOptions
  | OauthBearerOptions
  | KerberosOptions
  | {
      readonly mechanism: string;
      /** Another mechanism, as kafkajs 2.2.4 takes it. */
      readonly authenticationProvider: AuthenticationProvider;
    };

export interface PasswordOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface OauthBearerOptions {
  readonly mechanism: 'oauthbearer';
  /** Called for each connection, and again before the token's session ends. */
  readonly oauthBearerProvider: () => Promise<{
    readonly value: string;
    readonly extensions?: Readonly<Record<string, string>>;
  }>;
}

/**
 * Kerberos, by the optional package `kerberos`. Realms and their KDCs are those of the system's `krb5.conf`; tickets come from
 * the system's cache (`kinit`, `KRB5CCNAME`), and are looked for anew at each authentication.
 */
export interface KerberosOptions {
  readonly mechanism: 'gssapi';
  /** The brokers' `sasl.kerberos.service.name`. Default `kafka`. */
  readonly serviceName?: string | undefined;
  /** Who to be, as `lines@EXAMPLE.ORG`, where cache or keytab hold several. Default: the first. */
  readonly principal?: string | undefined;
  /**
   * Path of a keytab to get tickets with, in time before they end. One for a process: it is set as `KRB5_CLIENT_KTNAME` in the
   * environment, with tickets in memory (`KRB5CCNAME`) unless that is set already. With MIT's library, as Linux has it.
   */
  readonly keytab?: string | undefined;
}

export interface TransportOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** What brokers call this client in their logs and quotas. Default `kgen`. */
  readonly clientId?: string | undefined;
  /** True, or options of Node's `tls.connect`. Default: no encryption. */
  readonly tls?: TlsOptions | boolean | undefined;
  readonly sasl?: SaslOptions | undefined;
  /** After how many milliseconds without an answer a connection is given up. Default 30 s. */
  readonly requestTimeout?: number | undefined;
  /** For connecting, the TLS handshake and authentication, in milliseconds each. Default 10 s. */
  readonly connectionTimeout?: number | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What each connection is opened with. */
export interface ConnectionSettings {
  readonly clientId: string;
  readonly tls: TlsOptions | undefined;
  readonly sasl: SaslOptions | undefined;
  readonly requestTimeout: number;
  readonly connectionTimeout: number;
}

export function connectionSettings(options: TransportOptions): ConnectionSettings {
  const { clientId = 'kgen', tls = false, sasl, requestTimeout = 30_000, connectionTimeout = 10_000 } = options;
  return {
    clientId,
    tls: tls === true ? {} : tls === false ? undefined : tls,
    sasl,
    requestTimeout,
    connectionTimeout,
  };
}

/** `host:port`, `[::1]:port`. @throws RangeError where it is neither */
export function parseAddress(text: string): Address {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text.trim());
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || !(port > 0 && port < 65_536))
    throw new RangeError(`'${withoutUser(text)}' is no host:port`);
  return { host, port };
}

/** Who writes an address as in a URL may have put a password into it. */
function withoutUser(text: string): string {
  return text.replace(/^.*@/s, '***@');
}

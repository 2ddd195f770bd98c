import type { Duration } from '@kgen/runtime';

/** What becomes of a job when the log or a record fails: it starts over from the last checkpoint, after a pause. */
export type RestartConfig =
  | { readonly strategy: 'none' }
  | (RestartLimitsConfig & {
      readonly strategy: 'fixed-delay';
      /** Before each restart. Default `'1 s'`. */
      readonly delay?: Duration | undefined;
    })
  | (RestartLimitsConfig & {
      readonly strategy: 'exponential';
      /** Before the first restart. Default `'100 ms'`. */
      readonly initialDelay?: Duration | undefined;
      /** No pause is longer, but for the jitter. Default `'30 s'`. */
      readonly maxDelay?: Duration | undefined;
      /** How much longer each pause is than the one before. Default 2. */
      readonly multiplier?: number | undefined;
      /** By which part of itself a pause is longer or shorter, as chance has it: 0 to 1. Default 0.1. */
      readonly jitter?: number | undefined;
    })
  | (SameFailuresConfig & {
      readonly strategy: 'failure-rate';
      /** So many failures may lie within `interval`; one more ends the job. `Infinity` for no end. Default 3. */
      readonly failures?: number | undefined;
      /** Default `'5 minutes'`. */
      readonly interval?: Duration | undefined;
      /** Before each restart. Default `'1 s'`. */
      readonly delay?: Duration | undefined;
    });

export interface RestartLimitsConfig extends SameFailuresConfig {
  /** So many restarts in a row, then the job has failed for good. `Infinity` for no end. Default 10. */
  readonly attempts?: number | undefined;
  /** A job that ran so long since its last restart has all of its attempts again. Default `'1 minute'`. */
  readonly resetAfter?: Duration | undefined;
}

export interface SameFailuresConfig {
  /** A record that fails so often in a row, for one reason, ends the job. `Infinity` for never. Default 3. */
  readonly sameFailures?: number | undefined;
}

/**
 * How `kgen run` reaches Kafka. The environment takes precedence, and flags over that. Secrets do not belong into this file:
 * leave them to the environment, or read them from where they are kept.
 */
export interface KafkaConfig {
  /** `host:port` of some brokers: a list, or text with commas. */
  readonly brokers?: string | readonly string[] | undefined;
  /** What brokers call this client in their logs and quotas. Default: the job's name. */
  readonly clientId?: string | undefined;
  /** True, or options of Node's `tls.connect`: `ca`, `cert` and `key` are PEM. Default: no encryption. */
  readonly tls?: boolean | KafkaTlsConfig | undefined;
  readonly sasl?: KafkaSaslConfig | undefined;
  /** Of topics that are created. Default: the brokers'. */
  readonly replicationFactor?: number | undefined;
  /** Of jobs that do not say it themselves. Default: topics are not created. */
  readonly createTopics?: CreateTopicsConfig | undefined;
  /** An instance that is silent for so long is expelled from its group. Default `'10 s'`. */
  readonly sessionTimeout?: Duration | undefined;
  /** How long instances may take to give tasks up. Default `'1 minute'`. */
  readonly rebalanceTimeout?: Duration | undefined;
  /** The broker aborts a transaction that is open for so long. Default `'1 minute'`. */
  readonly transactionTimeout?: Duration | undefined;
  /** How outputs and the changelog are written. */
  readonly producer?: KafkaProducerConfig | undefined;
}

export interface KafkaProducerConfig {
  /**
   * Who has to have a record before it counts as written: `all` replicas in sync, or the partition's leader alone (1), for jobs of
   * guarantee `none`. Default `all`.
   */
  readonly acks?: 'all' | 1 | undefined;
  /** Default: none. */
  readonly compression?: 'gzip' | 'zstd' | 'lz4' | 'snappy' | undefined;
  /** A batch is sent when it has so many bytes, before compression. Default 262,144. */
  readonly batchSize?: number | undefined;
  /** How long records wait for others, to go out together. Default `'5 ms'`; in transactions, until the checkpoint. */
  readonly linger?: Duration | undefined;
  /** How often in a row a batch is sent again that failed. Default: as often as `patience` lets it. */
  readonly retries?: number | undefined;
  /** Requests to one broker that are on their way, 1 to 5. Default 5. */
  readonly maxInFlight?: number | undefined;
  /** So many bytes may wait for acknowledgements. Default 33,554,432. */
  readonly bufferSize?: number | undefined;
  /** For how long what failed without harm is repeated. Default `'30 s'`. */
  readonly patience?: Duration | undefined;
  /** A broker that is silent for so long is connected to anew. Default `'15 s'`. */
  readonly requestTimeout?: Duration | undefined;
}

export interface KafkaTlsConfig {
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  /** Of the key. */
  readonly passphrase?: string | undefined;
  /** The name that certificates are to bear, where it is not that of the broker's address. */
  readonly servername?: string | undefined;
}

/** How topics of a job's inputs and outputs are created that do not exist. */
export interface CreateTopicsConfig {
  /** Of each of them. */
  readonly partitions: number;
  /** How many brokers hold each. Default: `kafka.replicationFactor`, else the brokers' default. */
  readonly replicationFactor?: number | undefined;
}

export type KafkaSaslConfig =
  | KafkaPasswordConfig
  | KafkaKerberosConfig
  | {
      readonly mechanism: 'oauthbearer';
      /** Called for each connection, and again before the token's session ends. Not with worker threads. */
      readonly oauthBearerProvider: () => Promise<{
        readonly value: string;
        readonly extensions?: Readonly<Record<string, string>>;
      }>;
    }
  | {
      /** As brokers call it, such as `'aws_msk_iam'`. */
      readonly mechanism: string;
      /** A mechanism of one's own: `AuthenticationProvider` of `@kgen/runtime/kafka`, which is that of kafkajs. Not with worker threads. */
      readonly authenticationProvider: (connection: never) => { authenticate(): Promise<void> };
    };

export interface KafkaPasswordConfig {
  /** Default `'plain'`. */
  readonly mechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Kerberos. It takes the package `kerberos` in the project. */
export interface KafkaKerberosConfig {
  readonly mechanism: 'gssapi';
  /** The brokers' `sasl.kerberos.service.name`. Default `'kafka'`. */
  readonly serviceName?: string | undefined;
  /** Who to be, where the cache of tickets or the keytab holds several. */
  readonly principal?: string | undefined;
  /** Path of a keytab to get tickets with. Default: the tickets of the system's cache. */
  readonly keytab?: string | undefined;
}

import type { CompressionName } from '../../record-batch/compression.ts';

export interface ProducerOptions {
  /**
   * Who has to have a record before it counts as written: `all` replicas in sync, or the partition's leader alone (1), which may lose
   * it when it dies. Transactions are always written with `all`: 1 is for jobs of guarantee `none`. Default `all`.
   */
  readonly acks?: Acks | undefined;
  /** How batches are compressed. Default: they are not. */
  readonly compression?: CompressionName | undefined;
  /** A batch is sent when it has this many bytes, before compression. Default 256 KiB. */
  readonly batchSize?: number | undefined;
  /**
   * For how many milliseconds records wait for others, to go out together; longer while the broker is behind. Default: 5 outside of
   * transactions; inside, batches that are not full wait for the checkpoint.
   */
  readonly linger?: number | undefined;
  /** How often in a row a batch is sent again that failed without harm. Default: as often as `patience` lets it. */
  readonly retries?: number | undefined;
  /** Requests to one broker that are on their way, 1 to 5. Default 5. */
  readonly maxInFlight?: number | undefined;
  /** Bytes that wait for the brokers' acknowledgement before `append` asks to wait. Default 32 MiB. */
  readonly bufferSize?: number | undefined;
  /** After how many milliseconds the broker aborts a transaction that nobody ended (I7). Default 60,000. */
  readonly transactionTimeout?: number | undefined;
  /** For how many milliseconds what failed without harm is repeated, before the transaction fails. Default 30,000. */
  readonly patience?: number | undefined;
  /** For how many milliseconds a broker may be silent before its connection is given up. Default 15,000. */
  readonly requestTimeout?: number | undefined;
  /** For tests: the protocol of transactions. Default: 2 (KIP-890) where the cluster's `transaction.version` allows it, else 1. */
  readonly protocol?: TransactionProtocol | undefined;
}

export type Acks = 'all' | 1;
export type TransactionProtocol = 1 | 2;

export interface ProducerSettings {
  readonly acks: Acks;
  readonly compression: CompressionName | undefined;
  readonly batchSize: number;
  /** Outside of transactions. */
  readonly linger: number;
  /** In transactions; undefined where batches wait for the checkpoint. */
  readonly transactionLinger: number | undefined;
  readonly retries: number;
  readonly maxInFlight: number;
  readonly bufferSize: number;
  readonly transactionTimeout: number;
  readonly patience: number;
  readonly requestTimeout: number;
  readonly protocol: TransactionProtocol | undefined;
}

export function producerSettings(options: ProducerOptions): ProducerSettings {
  return {
    acks: options.acks ?? 'all',
    compression: options.compression,
    batchSize: options.batchSize ?? 256 * 1024,
    linger: options.linger ?? 5,
    transactionLinger: options.linger,
    retries: options.retries ?? Number.POSITIVE_INFINITY,
    maxInFlight: options.maxInFlight ?? 5,
    bufferSize: options.bufferSize ?? 32 * 1024 * 1024,
    transactionTimeout: options.transactionTimeout ?? 60_000,
    patience: options.patience ?? 30_000,
    requestTimeout: options.requestTimeout ?? 15_000,
    protocol: options.protocol,
  };
}

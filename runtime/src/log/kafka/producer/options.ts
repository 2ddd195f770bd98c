import type { CompressionName } from '../../record-batch/compression.ts';

export interface ProducerOptions {
  /** How batches are compressed. Default: they are not. */
  readonly compression?: CompressionName | undefined;
  /** A batch is sent when it has this many bytes, before compression; the rest with the offsets or the commit. Default 256 KiB. */
  readonly batchBytes?: number | undefined;
  /**
   * For how many milliseconds records that are written outside of transactions wait for others, to go out together; longer
   * while the broker is behind. Default 5.
   */
  readonly linger?: number | undefined;
  /** Bytes that wait for the brokers' acknowledgement before `append` asks to wait. Default 32 MiB. */
  readonly bufferBytes?: number | undefined;
  /** After how many milliseconds the broker aborts a transaction that nobody ended (I7). Default 60,000. */
  readonly transactionTimeout?: number | undefined;
  /** For how many milliseconds what failed without harm is repeated, before the transaction fails. Default 30,000. */
  readonly patience?: number | undefined;
  /** For how many milliseconds a broker may be silent before its connection is given up. Default 15,000. */
  readonly requestTimeout?: number | undefined;
  /** For tests: the protocol of transactions. Default: 2 (KIP-890) where the cluster's `transaction.version` allows it, else 1. */
  readonly protocol?: TransactionProtocol | undefined;
}

export type TransactionProtocol = 1 | 2;

export interface ProducerSettings {
  readonly compression: CompressionName | undefined;
  readonly batchBytes: number;
  readonly linger: number;
  readonly bufferBytes: number;
  readonly transactionTimeout: number;
  readonly patience: number;
  readonly requestTimeout: number;
  readonly protocol: TransactionProtocol | undefined;
}

export function producerSettings(options: ProducerOptions): ProducerSettings {
  return {
    compression: options.compression,
    batchBytes: options.batchBytes ?? 256 * 1024,
    linger: options.linger ?? 5,
    bufferBytes: options.bufferBytes ?? 32 * 1024 * 1024,
    transactionTimeout: options.transactionTimeout ?? 60_000,
    patience: options.patience ?? 30_000,
    requestTimeout: options.requestTimeout ?? 15_000,
    protocol: options.protocol,
  };
}

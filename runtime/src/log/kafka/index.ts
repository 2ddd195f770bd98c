/// <reference types="node" preserve="true" />
export type { KafkaTransaction, OpenTransaction } from './admin/transactions.ts';
export type { GroupOptions } from './group/options.ts';
export { type KafkaLog, kafkaLog } from './kafka-log.ts';
export type { KafkaLogOptions } from './log-options.ts';
export { type ProducerProblem, producerProblems } from './producer/check-options.ts';
export type { Acks, ProducerOptions } from './producer/options.ts';
export type { FetchOptions } from './source/fetcher.ts';
export type {
  AuthenticationProvider,
  KerberosOptions,
  SaslConnection,
  SaslLogger,
  SaslOptions,
  TransportOptions,
} from './transport/options.ts';

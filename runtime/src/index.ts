/// <reference types="node" preserve="true" />
export * from './codec/codec.ts';
export * from './codec/errors.ts';
export type { AvroDuration } from './codec/logical.ts';
export { Reader } from './codec/reader.ts';
export type { Json } from './codec/schema/type.ts';
export * from './codec/standard-schema.ts';
export { Writer } from './codec/writer.ts';
export { confluentSchemaId } from './format/confluent.ts';
export { decodeWith, encodeWith } from './format/encode.ts';
export * from './format/format.ts';
export { defineFormat, type FormatDefinition, type FormatValue } from './format/own-format.ts';
export * from './format/partitioner.ts';
export { choosePartition, fixed, murmur2, roundRobin, sticky } from './format/partitioners.ts';
export { type FoundSchema, type RegisteredPart, type SchemaSource, SchemaWanted } from './format/schema-source.ts';
export * from './format/topic.ts';
export * from './format/topic-error.ts';
export { plainJsonReader } from './format/typed-json.ts';
export type { Job, JobDeclaration, JobShape } from './job/declaration.ts';
export * from './job/handlers.ts';
export type { RunOptions, RunResult } from './job/options.ts';
export { type RunningJob, run, start } from './job/run.ts';
export type { GroupMember, Log, LogErrorKind, TopicSpec } from './log/port.ts';
export { isLogError, LogError } from './log/port.ts';
export { type ConsoleLogOptions, consoleLog, type LogLevel } from './ops/console-log.ts';
export type { JobRegistryOptions, RunRegistry } from './registry/job-registry.ts';
export type { StartFromSavepoint } from './savepoint/start-from.ts';
export type { CheckpointInfo } from './task/checkpoint/transactions.ts';
export { DEAD_LETTER_HEADERS } from './task/errors/dead-letter.ts';
export type * from './task/errors/on-error.ts';
export type { ErrorPlace, ErrorPolicies, ErrorPolicy } from './task/errors/policy.ts';
export { type DeadLetter, readDeadLetter } from './task/errors/read-dead-letter.ts';
export { isJobError, JobError, type JobErrorCode, type JobErrorDetails } from './task/job-error.ts';
export type { JobMetrics } from './task/metrics.ts';
export type {
  Moment,
  OnOutOfRange,
  PositionOptions,
  StartFrom,
  TopicOffsets,
  Until,
  WithoutOffset,
} from './task/positions/positions.ts';
export type * from './task/restart-strategy.ts';
export { type Clock, systemClock } from './time/clock.ts';
export { type Duration, type ParsedDuration, parseDuration } from './time/duration.ts';

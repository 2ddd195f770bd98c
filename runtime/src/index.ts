export * from './codec/codec.ts';
export * from './codec/errors.ts';
export { Reader } from './codec/reader.ts';
export * from './codec/standard-schema.ts';
export { Writer } from './codec/writer.ts';
export * from './format/format.ts';
export * from './format/partitioner.ts';
export * from './format/topic.ts';
export * from './job/handlers.ts';

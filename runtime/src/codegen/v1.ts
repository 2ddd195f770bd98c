/// <reference types="node" preserve="true" />
// What generated code calls. A generator that needs something else than this uses `/v2`: a mismatch does not compile.

// Codecs: reading and writing
export * from '../codec/logical.ts';
// Codecs: what a generated file makes
export { codec, enumCodec, projection, recordCodec } from '../codec/make-codec.ts';
export { setMember } from '../codec/own-member.ts';
export { primitiveCodec } from '../codec/primitive-codec.ts';
export * from '../codec/primitives/block.ts';
export * from '../codec/primitives/bytes.ts';
export * from '../codec/primitives/choice.ts';
export * from '../codec/primitives/depth.ts';
export { truncated } from '../codec/primitives/failure.ts';
export { readKey } from '../codec/primitives/key.ts';
export * from '../codec/primitives/members.ts';
export * from '../codec/primitives/number.ts';
export {
  putBoolean,
  putDouble,
  putFloat,
  putInt,
  putLong,
  putLongNumber,
} from '../codec/primitives/put.ts';
export { readString, textAt, writeString } from '../codec/primitives/text.ts';
export * from '../codec/primitives/varint.ts';
export * from '../codec/primitives/write.ts';
export type { Reader } from '../codec/reader.ts';
export { readLongAsDouble, readLongAsFloat } from '../codec/resolution/promotion.ts';
export { enter } from '../codec/resolution/skip.ts';
export type { Writer } from '../codec/writer.ts';

// Topics: formats and partitioners
export { avro } from '../format/avro.ts';
export { bytes } from '../format/bytes.ts';
export { confluent } from '../format/confluent.ts';
export { topic } from '../format/define-topic.ts';
export { json } from '../format/json.ts';
export { float64, int32, int64 } from '../format/numbers.ts';
export { ownFormat } from '../format/own-format.ts';
export { byField, fixed, murmur2, roundRobin, sticky } from '../format/partitioners.ts';
export { singleObject } from '../format/single-object.ts';
export { utf8 } from '../format/text.ts';
export { millisOfIso } from '../format/timestamp.ts';
export { typedJson } from '../format/typed-json.ts';

// Jobs
export { createJob } from '../job/create-job.ts';

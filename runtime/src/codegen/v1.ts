// What generated code calls. A generator that needs something else than this uses `/v2`: a mismatch does not compile.

// Codecs: reading and writing
export * from '../codec/logical.ts';
export * from '../codec/primitives/block.ts';
export * from '../codec/primitives/bytes.ts';
export * from '../codec/primitives/number.ts';
export { readString, writeString } from '../codec/primitives/text.ts';
export * from '../codec/primitives/varint.ts';
export type { Reader } from '../codec/reader.ts';
export type { Writer } from '../codec/writer.ts';

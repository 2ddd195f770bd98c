/** `Obj` and the version (Avro 1.12, "Object Container Files"). */
export const MAGIC: Uint8Array = Uint8Array.of(0x4f, 0x62, 0x6a, 1);

/** Ends header and blocks: random, another in each file. */
export const SYNC_SIZE = 16;

export const SCHEMA_KEY = 'avro.schema';
export const CODEC_KEY = 'avro.codec';

/** How blocks are compressed; `deflate` is RFC 1951, without a header. Of those that Avro names, all implementations have these two. */
export type BlockCodec = 'null' | 'deflate';

/** A block is written when it holds this much, in bytes before compression; Java's default is 64,000. */
export const BLOCK_SIZE: number = 64 * 1024;

/** No header is longer, in bytes: its metadata is held in memory. */
export const LONGEST_HEADER: number = 4 * 1024 * 1024;

/** No block is longer, in bytes, as it lies in the file and uncompressed. */
export const LONGEST_BLOCK: number = 128 * 1024 * 1024;

/** The most bytes that count and size of a block take. */
export const BLOCK_HEAD = 20;

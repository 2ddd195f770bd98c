import { deflateRawSync } from 'node:zlib';
import { writeBytes } from '../codec/primitives/bytes.ts';
import { writeLength } from '../codec/primitives/write.ts';
import { Writer } from '../codec/writer.ts';
import { BLOCK_SIZE, type BlockCodec, CODEC_KEY, MAGIC, SCHEMA_KEY, SYNC_SIZE } from './layout.ts';

export interface ContainerOptions {
  /** JSON of the values' schema. */
  readonly schema: string;
  /** By names that do not begin with `avro.`. */
  readonly metadata?: { readonly [name: string]: string } | undefined;
  /** Default `deflate`. */
  readonly codec?: BlockCodec | undefined;
  /** 16 random bytes. */
  readonly sync: Uint8Array;
}

/** Takes the file's bytes, one piece after the other. */
export type ContainerSink = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes an Avro Object Container File: any number of values in bounded memory. A value goes into `writer`, then `added` is
 * called.
 */
export class ContainerWriter {
  /** The block under way. */
  readonly writer: Writer = new Writer(2 * BLOCK_SIZE);
  readonly #sink: ContainerSink;
  readonly #codec: BlockCodec;
  readonly #sync: Uint8Array;
  readonly #head: Writer = new Writer(64);
  #count = 0;
  /** Pieces go to the sink one after the other. */
  #written: Promise<void> = Promise.resolve();

  private constructor(sink: ContainerSink, codec: BlockCodec, sync: Uint8Array) {
    this.#sink = sink;
    this.#codec = codec;
    this.#sync = sync;
  }

  /** Writes the header. */
  static async begin(sink: ContainerSink, options: ContainerOptions): Promise<ContainerWriter> {
    const { schema, metadata = {}, codec = 'deflate', sync } = options;
    if (sync.length !== SYNC_SIZE) throw new RangeError(`a sync marker of ${sync.length} bytes, not ${SYNC_SIZE}`);
    const entries = Object.entries({ [SCHEMA_KEY]: schema, [CODEC_KEY]: codec, ...metadata });
    const header = new Writer();
    header.ensure(MAGIC.length);
    header.bytes.set(MAGIC);
    header.position = MAGIC.length;
    writeLength(header, entries.length);
    for (const [name, value] of entries) {
      writeBytes(header, Buffer.from(name));
      writeBytes(header, Buffer.from(value));
    }
    writeLength(header, 0);
    await sink(Buffer.concat([header.copy(), sync]));
    return new ContainerWriter(sink, codec, sync);
  }

  /** A value is in `writer`. A promise asks to wait before many more follow. */
  added(): Promise<void> | undefined {
    this.#count++;
    return this.writer.position >= BLOCK_SIZE ? this.#writeBlock() : undefined;
  }

  /** Writes the last block, and waits for all. */
  end(): Promise<void> {
    return this.#count > 0 ? this.#writeBlock() : this.#written;
  }

  #writeBlock(): Promise<void> {
    const { writer } = this;
    const values = writer.bytes.subarray(0, writer.position);
    const bytes = this.#codec === 'deflate' ? deflateRawSync(values) : values;
    const head = this.#head;
    head.reset();
    writeLength(head, this.#count);
    writeLength(head, bytes.length);
    // In memory of its own: the writer's is written to again.
    const block = Buffer.concat([head.bytes.subarray(0, head.position), bytes, this.#sync]);
    writer.reset();
    this.#count = 0;
    const written = this.#written.then(() => this.#sink(block));
    // Whoever does not wait for this one waits for the last.
    written.catch(() => undefined);
    this.#written = written;
    return written;
  }
}

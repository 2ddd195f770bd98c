import { inflateRawSync } from 'node:zlib';
import { AvroDecodeError } from '../codec/errors.ts';
import { readBytes } from '../codec/primitives/bytes.ts';
import { readCount } from '../codec/primitives/varint.ts';
import { Reader } from '../codec/reader.ts';
import { ContainerError } from './container-error.ts';
import {
  BLOCK_HEAD,
  type BlockCodec,
  CODEC_KEY,
  LONGEST_BLOCK,
  LONGEST_HEADER,
  MAGIC,
  SCHEMA_KEY,
  SYNC_SIZE,
} from './layout.ts';

/** Where a container's bytes come from. */
export interface ContainerSource {
  /** In bytes. */
  readonly size: number;
  /** So many bytes from a position on, fewer only at the end. */
  read(position: number, length: number): Promise<Buffer>;
}

export interface Container {
  /** JSON of the values' schema, as the file says it. */
  readonly schema: string;
  readonly metadata: ReadonlyMap<string, Uint8Array>;
  /** One after the other; each is valid until the next. */
  blocks(): AsyncGenerator<ContainerBlock>;
  /** The last one, reached over the heads and sync markers of all; undefined where there is none. What lies in the others is not read. */
  last(): Promise<ContainerBlock | undefined>;
}

export interface ContainerBlock {
  /** How many values the block says it has. */
  readonly count: number;
  /** Stands at the first of them, and ends with the last. */
  readonly reader: Reader;
  /** Where the block begins, in bytes from the start of the file. */
  readonly offset: number;
}

/**
 * Opens an Avro Object Container File. The file is not trusted: no length in it is believed before it was compared with the
 * file's size and with what a block may take.
 * @throws ContainerError, here and from `blocks`
 */
export async function openContainer(source: ContainerSource): Promise<Container> {
  const bytes = await source.read(0, Math.min(source.size, LONGEST_HEADER));
  if (bytes.length < MAGIC.length || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new ContainerError('this is no Avro Object Container File', 0);
  }
  const reader = new Reader(bytes, MAGIC.length);
  const metadata = readMetadata(reader);
  const sync = Buffer.from(bytes.subarray(reader.position, reader.position + SYNC_SIZE));
  if (sync.length < SYNC_SIZE) throw new ContainerError('the file ends inside its header', bytes.length);
  const schema = metadata.get(SCHEMA_KEY);
  if (schema === undefined) throw new ContainerError(`the header has no ${SCHEMA_KEY}`, MAGIC.length);
  const codec = Buffer.from(metadata.get(CODEC_KEY) ?? 'null').toString('utf8');
  if (codec !== 'null' && codec !== 'deflate') {
    const advice = 'Write it anew: java -jar avro-tools.jar recodec --codec=deflate';
    throw new ContainerError(`its blocks are compressed by ${JSON.stringify(codec)}. ${advice}`, MAGIC.length);
  }
  const begin = reader.position + SYNC_SIZE;
  return {
    schema: Buffer.from(schema).toString('utf8'),
    metadata,
    blocks: () => readBlocks(source, begin, codec, sync),
    async last() {
      let last: Frame | undefined;
      for await (const frame of readFrames(source, begin)) {
        const marker = await source.read(frame.start + frame.size, SYNC_SIZE);
        if (!marker.equals(sync)) throw unmarked(frame.offset);
        last = frame;
      }
      return last && (await readBlock(source, last, codec, sync));
    },
  };
}

function readMetadata(reader: Reader): ReadonlyMap<string, Uint8Array> {
  const metadata = new Map<string, Uint8Array>();
  try {
    for (let count = readCount(reader); count !== 0; count = readCount(reader)) {
      // A negative count is followed by the size of the block.
      if (count < 0) readCount(reader);
      // Each takes two bytes at the least, so that what is no map ends soon.
      for (let i = Math.abs(count); i > 0; i--) {
        const name = Buffer.from(readBytes(reader)).toString('utf8');
        metadata.set(name, readBytes(reader));
      }
    }
  } catch (cause) {
    throw damaged('the header', cause, 0);
  }
  return metadata;
}

async function* readBlocks(
  source: ContainerSource,
  begin: number,
  codec: BlockCodec,
  sync: Buffer,
): AsyncGenerator<ContainerBlock> {
  for await (const frame of readFrames(source, begin)) yield await readBlock(source, frame, codec, sync);
}

/** Where a block lies, by what its head says. */
interface Frame {
  readonly count: number;
  readonly offset: number;
  /** Of its values, in bytes from the start of the file. */
  readonly start: number;
  /** Of its values as they lie there, in bytes. */
  readonly size: number;
}

async function* readFrames(source: ContainerSource, begin: number): AsyncGenerator<Frame> {
  for (let offset = begin; offset < source.size; ) {
    const head = new Reader(await source.read(offset, Math.min(BLOCK_HEAD, source.size - offset)));
    const { count, size } = readHead(head, offset);
    const start = offset + head.position;
    if (count < 0 || size < 0) throw new ContainerError('a block of negative size', offset);
    if (size + SYNC_SIZE > source.size - start) throw new ContainerError('the file ends inside a block', offset);
    if (size > LONGEST_BLOCK) {
      throw new ContainerError(`a block of ${size} bytes; ${LONGEST_BLOCK} are the most that is read`, offset);
    }
    yield { count, offset, start, size };
    offset = start + size + SYNC_SIZE;
  }
}

async function readBlock(
  source: ContainerSource,
  { count, offset, start, size }: Frame,
  codec: BlockCodec,
  sync: Buffer,
): Promise<ContainerBlock> {
  const bytes = await source.read(start, size + SYNC_SIZE);
  if (!bytes.subarray(size).equals(sync)) throw unmarked(offset);
  const values = bytes.subarray(0, size);
  return { count, reader: new Reader(codec === 'deflate' ? inflate(values, offset) : values), offset };
}

function unmarked(offset: number): ContainerError {
  return new ContainerError('a block does not end with the sync marker', offset);
}

function readHead(reader: Reader, offset: number): { readonly count: number; readonly size: number } {
  try {
    return { count: readCount(reader), size: readCount(reader) };
  } catch (cause) {
    throw damaged('the head of a block', cause, offset);
  }
}

/** In bounded memory: some bytes could claim a thousand times as many. */
function inflate(bytes: Buffer, offset: number): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: LONGEST_BLOCK });
  } catch (cause) {
    throw damaged('a compressed block', cause, offset);
  }
}

function damaged(what: string, cause: unknown, offset: number): ContainerError {
  const [reason, at] =
    cause instanceof AvroDecodeError
      ? [cause.reason, offset + cause.offset]
      : [cause instanceof Error ? cause.message : String(cause), offset];
  return new ContainerError(`${what} is damaged: ${reason}`, at, { cause });
}

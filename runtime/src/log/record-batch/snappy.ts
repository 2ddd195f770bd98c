import type { CompressionCodec } from './compression-codec.ts';
import { importOptional } from './optional-package.ts';

/** As much of the package as is used. */
interface SnappyPackage {
  uncompressSync(bytes: Buffer, options: { readonly asBuffer: true }): Buffer;
  compressSync(bytes: Buffer): Buffer;
}

// Java's clients put blocks of Snappy behind a header of their library (xerial's snappy-java): a mark, its version, the oldest
// version that can read it, then each block behind its size. Some other clients write one bare block.
const MARK: Buffer = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const FRAME_HEADER: Buffer = Buffer.concat([MARK, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);

/** @throws LogError, `fatal`, where the package is not installed */
export async function loadSnappy(): Promise<CompressionCodec> {
  const snappy = await importOptional<SnappyPackage>('snappy', 'Compression with snappy');
  return {
    decompress: (bytes, limit) => decompress(snappy, bytes, limit),
    compress: (bytes) => {
      const block = snappy.compressSync(bytes);
      const size = Buffer.allocUnsafe(4);
      size.writeInt32BE(block.length);
      return Buffer.concat([FRAME_HEADER, size, block]);
    },
  };
}

function decompress(snappy: SnappyPackage, bytes: Buffer, limit: number): Buffer {
  const blocks = blocksOf(bytes);
  let size = 0;
  for (const block of blocks) size += sizeOf(block);
  if (size > limit) throw new RangeError(`it becomes ${size} bytes, more than the limit of ${limit}`);
  const parts = blocks.map((block) => snappy.uncompressSync(block, { asBuffer: true }));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

function blocksOf(bytes: Buffer): readonly Buffer[] {
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return [bytes];
  const blocks: Buffer[] = [];
  let at = FRAME_HEADER.length;
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw new RangeError('the size of a block is cut off');
    const size = bytes.readInt32BE(at);
    at += 4;
    if (size < 0 || size > bytes.length - at) throw new RangeError(`a block of ${size} bytes is cut off`);
    blocks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return blocks;
}

/** A block begins with the size that it becomes, as a varint of at most 32 bits. */
function sizeOf(block: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    size += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return size;
  }
  throw new RangeError('a block has no size');
}

import type { CompressionCodec } from './compression-codec.ts';
import { importOptional } from './optional-package.ts';

/** As much of the package as is used. */
interface Lz4Package {
  decompressFrameSync(bytes: Buffer): Buffer;
  compressFrameSync(bytes: Buffer): Buffer;
}

// LZ4 frame format 1.6.
const MAGIC = 0x184d2204;
const CONTENT_CHECKSUM = 4;
const CONTENT_SIZE = 8;
const BLOCK_CHECKSUM = 16;
const DICTIONARY = 1;
const NOT_COMPRESSED = 0x80000000;
/** A byte of a match's length stands for at most 255 bytes. */
const LARGEST_RATIO = 255;

/** @throws LogError, `fatal`, where the package is not installed */
export async function loadLz4(): Promise<CompressionCodec> {
  const lz4 = await importOptional<Lz4Package>('lz4-napi', 'Compression with lz4');
  return {
    decompress: (bytes, limit) => {
      // The package takes as much memory as the frame asks for.
      const most = largestSize(bytes);
      if (most > limit) throw new RangeError(`it may become ${most} bytes, more than the limit of ${limit}`);
      return lz4.decompressFrameSync(bytes);
    },
    compress: (bytes) => lz4.compressFrameSync(bytes),
  };
}

/**
 * The size that a frame can become at most, from the sizes of its blocks.
 * @throws RangeError where `bytes` is not one whole frame
 */
export function largestSize(bytes: Buffer): number {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw new RangeError('it is not an LZ4 frame');
  const flags = bytes.readUInt8(4);
  const blockSize = 1 << (8 + 2 * ((bytes.readUInt8(5) >>> 4) & 7));
  const blockTail = flags & BLOCK_CHECKSUM ? 4 : 0;
  let at = 7 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0);
  let most = 0;
  for (;;) {
    if (bytes.length - at < 4) throw new RangeError('its LZ4 frame is cut off');
    const field = bytes.readUInt32LE(at);
    at += 4;
    if (field === 0) break;
    const size = field & ~NOT_COMPRESSED;
    if (size + blockTail > bytes.length - at) throw new RangeError('its LZ4 frame is cut off');
    most += field >= NOT_COMPRESSED ? size : Math.min(size * LARGEST_RATIO, blockSize);
    at += size + blockTail;
  }
  if (flags & CONTENT_CHECKSUM) at += 4;
  if (at !== bytes.length) throw new RangeError('its LZ4 frame ends elsewhere');
  return most;
}

import * as zlib from 'node:zlib';
import { LogError } from '../port.ts';
import type { CompressionCodec } from './compression-codec.ts';

const CHUNK = 64 * 1024;

/** @throws LogError, `fatal`, where Node has no zstd */
export function loadZstd(): CompressionCodec {
  if (zlib.zstdDecompressSync === undefined) {
    throw new LogError('fatal', 'Compression with zstd takes Node 22.15 or later');
  }
  return {
    decompress: (bytes, limit) => zlib.zstdDecompressSync(bytes, { chunkSize: CHUNK, maxOutputLength: limit }),
    compress: (bytes) => zlib.zstdCompressSync(bytes, { chunkSize: CHUNK }),
  };
}

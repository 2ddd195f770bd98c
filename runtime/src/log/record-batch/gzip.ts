import { gunzipSync, gzipSync } from 'node:zlib';
import type { CompressionCodec } from './compression-codec.ts';

const CHUNK = 64 * 1024;

export const gzip: CompressionCodec = {
  decompress: (bytes, limit) => gunzipSync(bytes, { chunkSize: CHUNK, maxOutputLength: limit }),
  compress: (bytes) => gzipSync(bytes, { chunkSize: CHUNK }),
};

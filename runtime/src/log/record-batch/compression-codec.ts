/** One way to compress, as a package or Node has it. */
export interface CompressionCodec {
  /** @throws where the bytes are broken, or would become more than `limit`: checked before memory is taken for more */
  decompress(bytes: Buffer, limit: number): Buffer;
  compress(bytes: Buffer): Buffer;
}

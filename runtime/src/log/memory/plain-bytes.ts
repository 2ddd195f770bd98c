/** A copy, as a plain `Uint8Array`: `slice` of a Buffer would be a Buffer. */
export function plainBytes(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

// The polynomial of CRC-64-AVRO, also the value it starts from (Avro 1.12, "Schema Fingerprints"): 0xc15d213aa4d7a795.
const EMPTY_HIGH = 0xc15d213a | 0;
const EMPTY_LOW = 0xa4d7a795 | 0;

/** For each byte, high and low half. Computed when first needed. */
let table: Int32Array | undefined;

function makeTable(): Int32Array {
  const entries = new Int32Array(512);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const mask = -(low & 1);
      low = ((low >>> 1) | (high << 31)) ^ (EMPTY_LOW & mask);
      high = (high >>> 1) ^ (EMPTY_HIGH & mask);
    }
    entries[byte * 2] = high;
    entries[byte * 2 + 1] = low;
  }
  return entries;
}

/** CRC-64-AVRO of bytes, unsigned. */
export function crc64Avro(bytes: Uint8Array): bigint {
  table ??= makeTable();
  let high = EMPTY_HIGH;
  let low = EMPTY_LOW;
  for (const byte of bytes) {
    const entry = ((low ^ byte) & 0xff) * 2;
    low = ((low >>> 8) | (high << 24)) ^ (table[entry + 1] ?? 0);
    high = (high >>> 8) ^ (table[entry] ?? 0);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The fingerprint of a schema in Parsing Canonical Form. */
export function fingerprint(canonicalForm: string): bigint {
  return crc64Avro(new TextEncoder().encode(canonicalForm));
}

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** The hash by which Java's producer chooses partitions (`org.apache.kafka.common.utils.Utils.murmur2`), as a signed int. */
function hashMurmur2(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const tail = start + (length & ~3);
  let hash = SEED ^ length;
  for (let i = start; i < tail; i += 4) {
    const word = at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    const mixed = Math.imul(word, MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed ^ (mixed >>> 24), MULTIPLIER);
  }
  const rest = end - tail;
  if (rest === 3) hash ^= at(bytes, tail + 2) << 16;
  if (rest >= 2) hash ^= at(bytes, tail + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ at(bytes, tail), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

/** The partition of the key from `start` up to `end`: the hash without its sign bit, modulo the number of partitions. */
export function murmur2Partition(bytes: Uint8Array, partitions: number, start = 0, end: number = bytes.length): number {
  return (hashMurmur2(bytes, start, end) & 0x7fffffff) % partitions;
}

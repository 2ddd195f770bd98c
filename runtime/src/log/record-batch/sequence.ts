/** The sequence number after `count` records of a producer in a partition: 0 comes after 2^31 - 1. */
export function nextSequence(sequence: number, count: number): number {
  return (sequence + count) & 0x7fffffff;
}

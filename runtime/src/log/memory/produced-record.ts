import type { Headers } from '../../format/topic.ts';

/** A record to write. What a topic's `serialize` gives is one. */
export interface ProducedRecord {
  readonly topic: string;
  /** Default: murmur2 of the key, as Java's producer does; records without a key go round. */
  readonly partition?: number | undefined;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: bigint | undefined;
  readonly headers?: Headers | undefined;
}

import type { WireReader } from '../wire/reader.ts';
import type { Broker } from './metadata.ts';

/** What a broker that leads a partition no more knows of its new leader (KIP-951). */
export interface LeaderHint {
  readonly node: number;
  readonly leaderEpoch: number;
}

export function readLeaderHint(reader: WireReader): LeaderHint {
  const hint = { node: reader.int32(), leaderEpoch: reader.int32() };
  reader.tags();
  return hint;
}

/** Where the leaders of hints are found. */
export function readNodeEndpoints(reader: WireReader): Broker[] {
  return reader.array((each) => {
    const broker = { node: each.int32(), host: each.string(), port: each.int32() };
    each.nullableString();
    each.tags();
    return broker;
  }, 11);
}

import type { Answer, Message, VersionRange } from './message.ts';

export interface ApiVersionsResponse extends Answer {
  readonly error: number;
  /** By API number. */
  readonly apis: ReadonlyMap<number, VersionRange>;
  /** Finalized features of the cluster with their level: `transaction.version` ≥ 2 allows the second protocol of transactions (KIP-890). */
  readonly features: ReadonlyMap<string, number>;
}

const FINALIZED_FEATURES = 2;

export const apiVersions: Message<{ readonly software: string; readonly version: string }, ApiVersionsResponse> = {
  name: 'ApiVersions',
  key: 18,
  versions: { min: 3, max: 3 },
  repeatable: true,
  plainAnswer: true,
  write(writer, { software, version }) {
    writer.string(software).string(version).noTags();
  },
  read(reader) {
    const error = reader.int16();
    // A broker that does not know version 3 answers in version 0, which ends after the list (KIP-511).
    if (error !== 0) return { error, apis: new Map(), features: new Map(), throttle: take(reader.remaining, reader) };
    const apis = new Map<number, VersionRange>();
    reader.array((each) => {
      const key = each.int16();
      apis.set(key, { min: each.int16(), max: each.int16() });
      each.tags();
    }, 7);
    const throttle = reader.int32();
    const features = new Map<string, number>();
    reader.tags((tag, field) => {
      if (tag !== FINALIZED_FEATURES) return;
      field.array((each) => {
        const name = each.string();
        features.set(name, each.int16());
        each.int16();
        each.tags();
      });
    });
    return { error, apis, features, throttle };
  },
};

function take(size: number, reader: { raw(size: number): unknown }): 0 {
  reader.raw(size);
  return 0;
}

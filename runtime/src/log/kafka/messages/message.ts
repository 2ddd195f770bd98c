import type { RequestName } from '../request-name.ts';
import type { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** What every answer has: for how long the broker asks this connection to be silent, in milliseconds (KIP-219). */
export interface Answer {
  readonly throttle: number;
}

/**
 * One request of Kafka's protocol with its answer, in the versions this client speaks. Fields and versions are those of Kafka's
 * message definitions.
 */
export interface Message<Request, Response extends Answer> {
  readonly name: RequestName;
  /** Kafka's number of the API. */
  readonly key: number;
  readonly versions: VersionRange;
  /** The first flexible version (KIP-482): request header 2, answer header 1. Before it they are 1 and 0. Default: all are flexible. */
  readonly flexibleFrom?: number;
  /** True where a request that got no answer may be sent again under the same identity, whatever became of the first. */
  readonly repeatable: boolean;
  /** ApiVersions alone: the answer has header 0, so that clients of any version can read it (KIP-511). */
  readonly plainAnswer?: true;
  write(writer: WireWriter, request: Request, version: number): void;
  /** @throws LogError where the bytes are not that answer */
  read(reader: WireReader, version: number): Response;
}

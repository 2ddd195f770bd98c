import type { Codec } from '../codec/codec.ts';
import type { Format } from '../format/format.ts';
import type { AnyTopic } from '../format/topic.ts';

/** What a job reads, writes and remembers, as generated from the config. */
export interface JobDeclaration {
  readonly name: string;
  /** Format of the key that all inputs share; state is keyed by its encoding (I18). */
  readonly key: Format<unknown>;
  readonly inputs: { readonly [name: string]: InputDeclaration };
  readonly outputs: { readonly [name: string]: AnyTopic };
  readonly state: { readonly [name: string]: StateDeclaration };
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'none';
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
}

export interface InputDeclaration {
  readonly topic: AnyTopic;
  readonly as: 'stream' | 'table' | 'global-table';
  /** Reads values instead of the topic's own format: an input narrowed by `fields`. */
  readonly value?: Format<unknown> | undefined;
  /** In milliseconds. */
  readonly outOfOrderness: number;
}

export type StateDeclaration =
  | { readonly kind: 'value'; readonly value: Codec<unknown> }
  | { readonly kind: 'list'; readonly value: Codec<unknown> }
  | { readonly kind: 'map'; readonly key: Codec<unknown>; readonly value: Codec<unknown> };

/** The types of a job, as its generated file names them. */
export interface JobShape {
  readonly key: unknown;
  readonly handlers: object;
}

/** A job: declaration and handlers. Run it with `run(job, options)` or `kgen run`. */
export interface Job<S extends JobShape = JobShape> {
  readonly declaration: JobDeclaration;
  readonly handlers: S['handlers'];
}

import type { Codec } from '../codec/codec.ts';
import { AvroEncodeError } from '../codec/errors.ts';
import { nameOf } from '../codec/primitives/failure.ts';

/**
 * One of several types in a topic. With `branch`, its values are `{ branch, value }`, as in a union whose branches
 * JavaScript values do not tell apart; without, they are the values themselves.
 */
export interface TopicBranch {
  readonly branch?: string | undefined;
  readonly codec: () => Codec<unknown>;
}

/** The values of a topic branch. */
export type BranchValue<B> = B extends { readonly branch: infer N extends string; readonly codec: () => Codec<infer T> }
  ? { branch: N; value: T }
  : B extends { readonly codec: () => Codec<infer T> }
    ? T
    : never;

/** A value of one of several types, and the branch it belongs to. */
export interface Branched<B> {
  readonly branch: B;
  readonly value: unknown;
}

/** Calls `make` when it is first needed. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The branch, its codec asked for once. */
export function loadOnce<B extends TopicBranch>(branch: B): B {
  return { ...branch, codec: once(branch.codec) };
}

/** Finds the branch of a value. @throws AvroEncodeError with code `branch` */
export function branchSelector<B extends TopicBranch>(branches: readonly B[]): (value: unknown) => Branched<B> {
  const tagged = new Map(branches.map((branch) => [branch.branch, branch]));
  if (tagged.has(undefined)) return (value) => ({ branch: branchOf(branches, value), value });
  return (value) => {
    if (!isTagged(value)) {
      throw new AvroEncodeError(`expected { branch, value }, got ${nameOf(value)}`, { code: 'branch', path: '' });
    }
    const branch = tagged.get(value.branch);
    if (branch !== undefined) return { branch, value: value.value };
    const known = [...tagged.keys()].join(', ');
    throw new AvroEncodeError(`not one of the topic's types: ${known}`, { code: 'branch', path: 'branch' });
  };
}

function isTagged(value: unknown): value is { readonly branch: string; readonly value: unknown } {
  return typeof value === 'object' && value !== null && 'branch' in value && 'value' in value;
}

function branchOf<B extends TopicBranch>(branches: readonly B[], value: unknown): B {
  const found = branches.find((branch) => branch.codec().is(value));
  if (found !== undefined) return found;
  const known = branches.map((branch) => branch.codec().name).join(', ');
  throw new AvroEncodeError(`${nameOf(value)} is of none of the topic's types: ${known}`, { code: 'branch', path: '' });
}

/** A value as its branch says it looks. */
export function wrap(branch: TopicBranch, value: unknown): unknown {
  return branch.branch === undefined ? value : { branch: branch.branch, value };
}

/** Where a branch's value lies in the topic's. */
export function pathOf(branch: TopicBranch): string {
  return branch.branch === undefined ? '' : 'value';
}

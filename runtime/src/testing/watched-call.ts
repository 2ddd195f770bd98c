import { inspect } from 'node:util';
import type { Codec } from '../codec/codec.ts';
import type { JobDeclaration, StateDeclaration } from '../task/declaration.ts';
import { isJobError, JobError } from '../task/job-error.ts';

/** A value that a handler got of state, and what it was then. */
interface Read {
  readonly state: string;
  /** Of a list the index, of a map the key. */
  readonly member: unknown;
  /** What it is called in an error. */
  readonly label: string;
  readonly value: object;
  readonly codec: Codec<unknown>;
  readonly bytes: Uint8Array;
}

export interface CallWatch {
  readonly declaration: JobDeclaration;
  /** Called when the context is used after its call. */
  readonly late: (error: JobError) => void;
}

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Stands between a handler and its context, and finds what the runtime does not see: a value of state that is changed in
 * place and never set, whose change would be gone with the instance; and a context used when nobody hears its error.
 */
export class WatchedCall {
  readonly #watch: CallWatch;
  readonly #context: object;
  #reads: Read[] = [];

  constructor(context: object, watch: CallWatch) {
    this.#context = context;
    this.#watch = watch;
  }

  /** What the handler gets. */
  get context(): object {
    return this.#wrap(this.#context, (name, member) => {
      if (typeof member !== 'object' || member === null) return member;
      if (name === 'state') return this.#wrap(member, (state, handle) => this.#handle(state, handle as object));
      return name === 'emit' || name === 'tables' || name === 'timers' ? this.#wrap(member, guarded) : member;
    });
  }

  /** The handler has settled. @throws JobError with code `JOB_STATE_MUTATED` */
  finish(): void {
    for (const { label, value, codec, bytes } of this.#reads) {
      if (isSame(codec, value, bytes)) continue;
      const key = inspect(Reflect.get(this.#context, 'key'));
      const what = `it changed ${label} of key ${key} in place`;
      const advice = 'Only what is set is kept: make a new value, and give it to `set`';
      throw new JobError('JOB_STATE_MUTATED', `${what}, and did not set it: the change is lost. ${advice}`);
    }
  }

  /** An object whose members are seen by `see`, and whose errors are heard. */
  #wrap(target: object, see: (name: string, member: unknown) => unknown): object {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = this.#hear(() => Reflect.get(target, name, target));
        const seen = typeof name === 'string' ? see(name, member) : member;
        if (typeof seen !== 'function') return seen;
        return (...args: readonly unknown[]) => this.#hear(() => Reflect.apply(seen, target, args));
      },
    });
  }

  #handle(state: string, handle: object): object {
    const declared = this.#watch.declaration.state[state];
    if (declared === undefined) return handle;
    return this.#wrap(handle, (name, member) => {
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]) => {
        const result: unknown = Reflect.apply(member as Method, handle, args);
        return this.#note({ state, declared, name, key: args[0] }, result);
      };
    });
  }

  /** What was done with a state. Gives back its result. */
  #note(
    use: {
      readonly state: string;
      readonly declared: StateDeclaration;
      readonly name: string;
      readonly key: unknown;
    },
    result: unknown,
  ): unknown {
    const { state, declared, name, key } = use;
    const codec = declared.value;
    const ofMap = declared.kind === 'map';
    switch (name) {
      case 'get':
        if (declared.kind === 'list') {
          (result as readonly unknown[]).forEach((value, i) => {
            this.#read(state, i, value, codec);
          });
        } else this.#read(state, ofMap ? key : undefined, result, codec);
        return result;
      case 'entries':
        return this.#entries(state, codec, result as Iterable<readonly [unknown, unknown]>);
      case 'set':
      case 'delete':
        this.#reads = this.#reads.filter((read) => read.state !== state || (ofMap && !isSameKey(read.member, key)));
        return result;
      case 'clear':
        this.#reads = this.#reads.filter((read) => read.state !== state);
        return result;
      default:
        return result;
    }
  }

  *#entries(
    state: string,
    codec: Codec<unknown>,
    entries: Iterable<readonly [unknown, unknown]>,
  ): IterableIterator<readonly [unknown, unknown]> {
    for (const entry of entries) {
      this.#read(state, entry[0], entry[1], codec);
      yield entry;
    }
  }

  #read(state: string, member: unknown, value: unknown, codec: Codec<unknown>): void {
    if (typeof value !== 'object' || value === null) return;
    const kind = this.#watch.declaration.state[state]?.kind;
    const part = kind === 'list' ? `item ${member} of ` : kind === 'map' ? `entry ${inspect(member)} of ` : '';
    const label = `${part}state \`${state}\``;
    this.#reads.push({ state, member, label, value, codec, bytes: codec.encode(value) });
  }

  #hear<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      if (isJobError(error, 'JOB_CONTEXT_EXPIRED')) this.#watch.late(error);
      throw error;
    }
  }
}

function guarded(_: string, member: unknown): unknown {
  return member;
}

function isSame(codec: Codec<unknown>, value: unknown, bytes: Uint8Array): boolean {
  // What does not even fit its type any more was changed.
  return codec.is(value) && Buffer.compare(codec.encode(value), bytes) === 0;
}

/** Keys of a map state are Avro values of one type: bytes are compared by what is in them. */
function isSameKey(one: unknown, other: unknown): boolean {
  return one === other || inspect(one, { depth: null }) === inspect(other, { depth: null });
}

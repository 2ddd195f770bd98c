/** One value of the current key. */
export interface ValueState<T> {
  /**
   * The value as last set; undefined where none was. Changing it in place is a mistake that the compiler finds:
   * the change would be gone with this instance, since only `set` reaches the changelog.
   */
  get(): Readonly<T> | undefined;
  /** The value is encoded at once; changing it afterwards has no effect. @throws AvroEncodeError where it is not of the state's type */
  set(value: T): void;
  clear(): void;
}

/** A list of the current key. */
export interface ListState<T> {
  /** A new array each time. */
  get(): readonly Readonly<T>[];
  readonly length: number;
  /** @throws AvroEncodeError */
  append(value: T): void;
  /** Replaces the whole list, or none of it. @throws AvroEncodeError */
  set(values: readonly T[]): void;
  clear(): void;
}

/** A map of the current key. */
export interface MapState<K, V> {
  get(key: K): Readonly<V> | undefined;
  has(key: K): boolean;
  /** @throws AvroEncodeError */
  set(key: K, value: V): void;
  delete(key: K): void;
  /** In the order of the keys' encoding, so that it is the same after a restart. Changes made meanwhile are not seen. */
  entries(): IterableIterator<readonly [K, Readonly<V>]>;
  readonly size: number;
  clear(): void;
}

/** A table input: the latest value by key. */
export interface Table<K, V> {
  /**
   * The value of `key`, by default the current record's; undefined where there is none, or it was deleted.
   * @throws JobError with code `JOB_ROW_UNREADABLE` where there is one that cannot be read. Uncaught, the record fails at `decode`
   */
  get(key?: K): Readonly<V> | undefined;
}

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LogError } from '../../log/port.ts';
import { importOptional } from '../../log/record-batch/optional-package.ts';
import type { ChangeBatch } from './change-batch.ts';
import type { LocalEntry, LocalStore, LocalStores } from './local-store.ts';
import { StoreFailedError } from './store-failed.ts';

/** As much of the package as is used. */
interface LmdbPackage {
  open(options: object): LmdbDatabase;
}

interface LmdbDatabase {
  getBinaryFast(key: Buffer): Buffer | undefined;
  getRange(options: object): Iterable<{ readonly key: Buffer; readonly value: Buffer }>;
  putSync(key: Buffer, value: Buffer): void;
  removeSync(key: Buffer): boolean;
  transactionSync<T>(write: () => T): T;
  clearSync(): void;
  close(): Promise<void>;
}

/** LMDB's limit with pages of 4 KiB. */
const LARGEST_KEY = 1978;
/** Under which stands who opened the store last. No key of a changelog begins so. */
const OWNER_KEY: Buffer = Buffer.of(0xfe);

/**
 * State in LMDB files below a folder: of each group and task its own.
 * @throws LogError, `fatal`, where the package lmdb is not installed, or the folder cannot be written
 */
export async function lmdbStores(folder: string, group: string): Promise<LocalStores> {
  const lmdb = await importOptional<LmdbPackage>('lmdb', 'State in LMDB');
  const opened = new Map<number, LmdbStore>();
  return {
    open(task) {
      const before = opened.get(task);
      if (before !== undefined) {
        before.own();
        return before;
      }
      const path = join(folder, group, `task-${task}`);
      const store = new LmdbStore(lmdb, path);
      opened.set(task, store);
      return store;
    },
    async close() {
      await Promise.all([...opened.values()].map((store) => store.close()));
      opened.clear();
    },
  };
}

/** One environment of LMDB: a folder with a file that is mapped into memory, so that the system's page cache serves reads. */
class LmdbStore implements LocalStore {
  readonly #path: string;
  readonly #database: LmdbDatabase;
  #owner: Buffer = Buffer.alloc(0);

  constructor(lmdb: LmdbPackage, path: string) {
    this.#path = path;
    try {
      mkdirSync(path, { recursive: true });
      this.#database = lmdb.open({ path, noSubdir: false, keyEncoding: 'binary', encoding: 'binary' });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const advice = 'Is the folder of option store there, and may this user write to it?';
      throw new LogError('fatal', `the local store ${path} cannot be opened: ${reason}. ${advice}`, { cause });
    }
    this.own();
  }

  /** Whoever had it open before, in another process too, writes no more. */
  own(): void {
    this.#owner = randomBytes(16);
    this.#database.putSync(OWNER_KEY, this.#owner);
  }

  get(bytes: Buffer, start: number, end: number): Buffer | undefined {
    // No longer one was ever written.
    if (end - start > LARGEST_KEY) return undefined;
    return this.#get(bytes.subarray(start, end));
  }

  *entries(prefix: Buffer): IterableIterator<LocalEntry> {
    try {
      for (const entry of this.#database.getRange({ start: prefix })) {
        // A key may be shorter than the prefix: `compare` throws where its bounds lie beyond.
        if (!prefix.equals(entry.key.subarray(0, prefix.length))) return;
        yield entry;
      }
    } catch (cause) {
      throw new StoreFailedError(this.#path, cause);
    }
  }

  write(changes: ChangeBatch, from: number, to: number): void {
    const database = this.#database;
    const { bytes } = changes;
    database.transactionSync(() => {
      this.#check();
      for (let i = from; i < to; i++) {
        const keyEnd = changes.keyEnd(i);
        const key = bytes.subarray(changes.keyStart(i), keyEnd);
        if (key.length > LARGEST_KEY) throw this.#keyTooLong(key.length);
        const valueEnd = changes.valueEnd(i);
        if (valueEnd < 0) database.removeSync(key);
        else database.putSync(key, bytes.subarray(keyEnd, valueEnd));
      }
    });
  }

  clear(): void {
    this.#database.transactionSync(() => {
      this.#check();
      this.#database.clearSync();
      this.#database.putSync(OWNER_KEY, this.#owner);
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** The package hands out one large buffer again and again, whose `length` alone is right. */
  #get(key: Buffer): Buffer | undefined {
    try {
      const value = this.#database.getBinaryFast(key);
      return value && Buffer.from(value.buffer, value.byteOffset, value.length);
    } catch (cause) {
      throw new StoreFailedError(this.#path, cause);
    }
  }

  #check(): void {
    if (this.#get(OWNER_KEY)?.equals(this.#owner) === true) return;
    throw new LogError('fenced', `the local store ${this.#path} was opened by another run of this job`);
  }

  #keyTooLong(length: number): LogError {
    const message = `a key of state of ${length} bytes, with the names that belong to it: LMDB takes at most ${LARGEST_KEY}`;
    return new LogError(
      'fatal',
      `the local store ${this.#path}: ${message}. Keep the state in memory: store: 'memory'`,
    );
  }
}

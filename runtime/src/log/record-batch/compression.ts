import type { CompressionCodec } from './compression-codec.ts';
import { gzip } from './gzip.ts';
import { loadLz4 } from './lz4.ts';
import { loadSnappy } from './snappy.ts';
import { loadZstd } from './zstd.ts';

/** By the number that stands for it in a batch's attributes; 0 is none. */
const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type CompressionName = Exclude<(typeof NAMES)[number], 'none'>;

/** All that a batch may be compressed with. */
export const COMPRESSIONS: readonly CompressionName[] = NAMES.filter((name) => name !== 'none');

/** @throws LogError, `fatal`, that says what to install */
export type CompressionLoader = () => CompressionCodec | Promise<CompressionCodec>;

const LOADERS: Readonly<Record<CompressionName, CompressionLoader>> = {
  gzip: () => gzip,
  snappy: loadSnappy,
  lz4: loadLz4,
  zstd: loadZstd,
};

/** How batches are compressed. What it takes is loaded when a batch first needs it, once. */
export class CompressionCodecs {
  readonly #loaders: Readonly<Record<CompressionName, CompressionLoader>>;
  readonly #loaded: (CompressionCodec | undefined)[] = [];

  /** `loaders` take the place of those for the packages that are known. */
  constructor(loaders: Partial<Readonly<Record<CompressionName, CompressionLoader>>> = {}) {
    this.#loaders = { ...LOADERS, ...loaders };
  }

  /**
   * Makes sure that `get` finds these; undefined where it does already.
   * @throws LogError, `fatal`, where a package has to be installed
   */
  load(ids: Iterable<number>): Promise<void> | undefined {
    const missing = [...ids].filter((id) => id !== 0 && this.#loaded[id] === undefined && NAMES[id] !== undefined);
    return missing.length === 0 ? undefined : this.#load(missing);
  }

  /** One that was loaded. */
  get(id: number): CompressionCodec | undefined {
    return this.#loaded[id];
  }

  async #load(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const name = NAMES[id];
      if (name !== undefined && name !== 'none') this.#loaded[id] ??= await this.#loaders[name]();
    }
  }
}

/** Undefined for a number that stands for nothing. */
export function compressionName(id: number): CompressionName | 'none' | undefined {
  return NAMES[id];
}

export function compressionId(name: CompressionName): number {
  return NAMES.indexOf(name);
}

import type { Job } from '@kgen/runtime';
import { chance } from './chance.ts';
import type { Feature } from './features/feature.ts';
import { FEATURES } from './features/index.ts';

/** What the job of one seed is like. */
export interface Profile {
  readonly features: readonly Feature[];
  readonly stateless: boolean;
  /** How many handlers may run at once in a task, where they are asynchronous. */
  readonly concurrency: number;
  readonly guarantee: Guarantee;
  /** How many checkpoints may be under way at once. */
  readonly concurrentCheckpoints: number;
  /** False where offsets are in checkpoint records alone. */
  readonly commitOffsets: boolean;
  /** True where it begins with the offsets that another consumer of its group has committed. */
  readonly follows: boolean;
  /** True where some of its runs are bounded, and are followed by others. */
  readonly bounded: boolean;
  /** True where records come in heaps, with nothing in between for long: timers alone make the job work then. */
  readonly lulls: boolean;
  /** That a savepoint is taken of it, running or stopped, which another job starts from; undefined for none. */
  readonly savepoint: 'running' | 'stopped' | undefined;
}

type Guarantee = Job['declaration']['guarantee'];

/** What a test asks for, where it does not leave it to the seed. */
export interface Wishes {
  readonly stateless?: boolean | undefined;
  /** Default: exactly-once. */
  readonly guarantee?: Guarantee | undefined;
  /** Default: as the seed decides where the guarantee allows it. */
  readonly commitOffsets?: boolean | undefined;
  /** Names of features that the job is to have. */
  readonly features?: readonly string[] | undefined;
  /** True where it is to have these alone. */
  readonly noOtherFeatures?: boolean | undefined;
  /** How many processes work on it. Default: up to three, as the seed decides. */
  readonly instances?: number | undefined;
  readonly concurrentCheckpoints?: number | undefined;
  /** True where jobs may begin elsewhere than at the beginning, and end. Sabotages are noticed without. */
  readonly positions?: boolean | undefined;
  /** Default: as the seed decides. */
  readonly lulls?: boolean | undefined;
  /** True where a savepoint is taken, and another job starts from it. Such jobs have outputs of one topic alone. */
  readonly savepoint?: boolean | undefined;
}

export function profileOf(seed: number, wishes: Wishes): Profile {
  const luck = chance(seed + 2_000_003);
  const stateless = wishes.stateless ?? seed % 5 === 0;
  const isWished = ({ name }: Feature): boolean => wishes.features?.includes(name) === true;
  const chosen = FEATURES.filter((feature) => {
    const wanted = luck.hits(0.5);
    if (isWished(feature)) return true;
    if (wishes.noOtherFeatures === true) return false;
    if (feature.keyless === true) return true;
    return feature.declares.state === undefined ? wanted : !stateless;
  });
  const { guarantee = 'exactly-once' } = wishes;
  const concurrency = luck.hits(0.5) ? 1 : 2 + luck.below(4);
  const several = luck.hits(0.4) ? 2 + luck.below(3) : 1;
  const concurrentCheckpoints = wishes.concurrentCheckpoints ?? (guarantee === 'exactly-once' ? several : 1);
  const commitOffsets = wishes.commitOffsets ?? (guarantee === 'exactly-once' || luck.hits(0.7));
  // Few jobs may have them: of these most do, in place of what keeps something by key.
  const mayBeKeyless = stateless && commitOffsets && wishes.savepoint !== true;
  const isKeyless = luck.hits(0.8) && mayBeKeyless && !chosen.some((each) => isKeyed(each) && isWished(each));
  const features = chosen.filter((each) => {
    if (wishes.savepoint === true && writesElsewhere(each)) return false;
    return isKeyless ? !isKeyed(each) : each.keyless !== true;
  });
  const positions = wishes.positions === true && wishes.savepoint !== true;
  const follows = positions && luck.hits(0.2);
  const bounded = positions && luck.hits(0.3);
  const lulls = wishes.lulls ?? luck.hits(0.2);
  const savepoint = wishes.savepoint !== true ? undefined : luck.hits(0.6) ? 'running' : 'stopped';
  const commits = { commitOffsets, concurrentCheckpoints };
  return { features, stateless, guarantee, ...commits, concurrency, follows, bounded, lulls, savepoint };
}

function writesElsewhere({ declares }: Feature): boolean {
  return declares.outputs !== undefined || declares.onError !== undefined;
}

function isKeyed({ declares }: Feature): boolean {
  return declares.state !== undefined || Object.values(declares.inputs ?? {}).some(({ as }) => as === 'table');
}

export function hasChangelog({ stateless, commitOffsets }: Pick<Profile, 'stateless' | 'commitOffsets'>): boolean {
  return !stateless || !commitOffsets;
}

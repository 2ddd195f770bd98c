import type { Log } from '../log/port.ts';
import { type Clock, sleep } from '../time/clock.ts';

const LOOK_EVERY = 500;

export interface GroupWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly group: string;
  /** Throws when nobody waits any more. */
  readonly alive: () => void;
}

/**
 * Waits until a group has no members but such as do not count, `within` milliseconds at most. `waits` is called once where it has
 * some. Resolves to those that it still has then.
 */
export async function whenEmpty(
  { log, clock, group, alive }: GroupWorld,
  how: {
    readonly within: number;
    readonly counts?: (instance: string) => boolean;
    readonly waits: (members: readonly string[]) => void;
  },
): Promise<readonly string[]> {
  const { within, counts = () => true, waits } = how;
  const end = clock.monotonic() + within;
  for (let said = false; ; said = true) {
    const members = (await log.instances(group)).filter(counts);
    alive();
    if (members.length === 0 || clock.monotonic() >= end) return members;
    if (!said) waits(members);
    await sleep(clock, LOOK_EVERY);
    alive();
  }
}

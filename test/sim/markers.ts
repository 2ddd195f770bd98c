import type { MemoryHooks } from '../../runtime/src/log/memory/hooks.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { SimTime } from './time.ts';

/** Markers of one transaction come in any order, each in its time, and after those of the transaction before. */
export function lateMarkers(time: SimTime, luck: Chance, faults: Faults): NonNullable<MemoryHooks['markers']> {
  const waiting = new Map<string, (() => void)[]>();
  const drain = async (queue: (() => void)[]): Promise<void> => {
    for (; queue.length > 0; queue.shift()) {
      await time.wait(luck.between(0, 12));
      queue[0]?.();
    }
  };
  return (transactionalId, writes) => {
    const queue = waiting.get(transactionalId) ?? [];
    waiting.set(transactionalId, queue);
    const idle = queue.length === 0;
    if (idle && !faults.strikes('late markers', 0.12)) {
      for (const write of writes) write();
      return;
    }
    const left = [...writes];
    while (left.length > 0) queue.push(...left.splice(luck.below(left.length), 1));
    if (idle) void drain(queue);
  };
}

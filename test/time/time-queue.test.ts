import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Queued, TimeQueue } from '../../runtime/src/time/time-queue.ts';

class Item implements Queued {
  place = -1;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

function byName(a: Item, b: Item): boolean {
  return a.name < b.name;
}

function drain(queue: TimeQueue<Item>): [number, number][] {
  const drained: [number, number][] = [];
  for (let first = queue.first; first !== undefined; first = queue.first) {
    drained.push([queue.nextTime, first.name]);
    queue.remove(first);
  }
  return drained;
}

test('an empty queue has no next time', () => {
  const queue = new TimeQueue(byName);
  expect([queue.size, queue.first, queue.nextTime]).toEqual([0, undefined, Number.POSITIVE_INFINITY]);
});

test('items come by time, those of one time by their own order, whatever was put, put again and removed', () => {
  const step = fc.record({
    item: fc.nat(60),
    // Few times, so that many are the same; those beyond 32 bits too.
    time: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 41, -(2 ** 40))),
    remove: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const items = Array.from({ length: 61 }, (_, name) => new Item(name));
      const queue = new TimeQueue(byName);
      const model = new Map<number, number>();
      for (const { item: name, time, remove } of steps) {
        const item = items[name] as Item;
        if (!remove) {
          queue.put(item, time);
          model.set(name, time);
          expect(queue.timeOf(item)).toBe(time);
        } else if (model.delete(name)) queue.remove(item);
        expect(queue.has(item)).toBe(model.has(name));
        expect(queue.size).toBe(model.size);
        expect(queue.nextTime).toBe(Math.min(...model.values()));
      }
      const expected = [...model].sort(([a, s], [b, t]) => s - t || a - b).map(([name, time]) => [time, name]);
      expect(drain(queue)).toEqual(expected);
      expect(items.every(({ place }) => place === -1)).toBe(true);
    }),
  );
});

test('an item of another queue is not in this one', () => {
  const [one, other] = [new TimeQueue(byName), new TimeQueue(byName)];
  const item = new Item(1);
  one.put(item, 5);
  other.put(new Item(2), 5);
  expect([one.has(item), other.has(item)]).toEqual([true, false]);
});

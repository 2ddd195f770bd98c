import { expect, test } from 'vitest';
import { type LaneWatermark, NO_WATERMARK, TaskWatermark } from '../../runtime/src/time/watermarks.ts';

const IDLE_AFTER = 100;

function task(lanes: number): { readonly task: TaskWatermark; readonly lanes: readonly LaneWatermark[] } {
  const made = new TaskWatermark(true);
  return { task: made, lanes: Array.from({ length: lanes }, () => made.addLane(IDLE_AFTER)) };
}

function advance(lane: LaneWatermark | undefined, value: number): void {
  lane?.begin();
  lane?.complete(value);
}

test("a task's watermark is the least of its lanes'", () => {
  const { task: whole, lanes } = task(3);
  const [a, b, c] = lanes;
  advance(a, 10);
  advance(b, 20);
  expect(whole.value).toBe(NO_WATERMARK);
  advance(c, 15);
  expect(whole.value).toBe(10);
  advance(a, 30);
  expect(whole.value).toBe(15);
});

test('a lane never goes back, and what says nothing changes nothing', () => {
  const { task: whole, lanes } = task(1);
  for (const value of [10, 5, NO_WATERMARK, 10, Number.NaN]) advance(lanes[0], value);
  expect([lanes[0]?.value, whole.value]).toEqual([10, 10]);
});

test('a lane that had nothing for a while holds nobody back, and joins at the watermark of the task', () => {
  const { task: whole, lanes } = task(2);
  const [a, b] = lanes;
  advance(b, 5);
  for (let now = 0; now <= IDLE_AFTER; now += 20) {
    advance(a, 10 + now);
    whole.look(now);
  }
  // Quiet since the look at 20: the first one still saw its record.
  expect([whole.value, b?.isIdle, whole.lookAt]).toEqual([5, false, 120]);
  advance(a, 120);
  whole.look(120);
  expect([whole.value, b?.isIdle, whole.lookAt]).toEqual([120, true, Number.POSITIVE_INFINITY]);
  // It is woken by a record that is far behind: that one is late, and nothing goes back.
  b?.begin();
  expect([b?.isIdle, b?.value, whole.value]).toEqual([false, 120, 120]);
  b?.complete(7);
  advance(a, 500);
  expect(whole.value).toBe(120);
  advance(b, 300);
  expect(whole.value).toBe(300);
});

test('a lane with a record under way is not idle, however long that takes', () => {
  const { task: whole, lanes } = task(2);
  const [a, b] = lanes;
  b?.begin();
  for (let now = 0; now < 10 * IDLE_AFTER; now += 10) {
    advance(a, now);
    whole.look(now);
  }
  expect([b?.isIdle, whole.value]).toEqual([false, NO_WATERMARK]);
  b?.complete(3);
  expect(whole.value).toBe(3);
});

test('one look long after the last proves nothing: records may have waited meanwhile', () => {
  const { task: whole, lanes } = task(2);
  whole.look(0);
  advance(lanes[0], 1);
  advance(lanes[1], 1);
  whole.look(10 * IDLE_AFTER);
  whole.look(10 * IDLE_AFTER + 1);
  expect(lanes.map(({ isIdle }) => isIdle)).toEqual([false, false]);
});

test('where all are idle, the one that was furthest counts, whoever was idle first', () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const { task: whole, lanes } = task(2);
    advance(lanes[0], 10);
    advance(lanes[1], 50);
    for (const i of order) {
      lanes[i]?.look(0);
      lanes[i]?.look(1);
      lanes[i]?.look(IDLE_AFTER + 1);
    }
    expect(whole.value).toBe(50);
  }
});

test('an abort brings all back to the last commit, what was sealed meanwhile included', () => {
  const { task: whole, lanes } = task(2);
  const [a, b] = lanes;
  advance(a, 10);
  advance(b, 20);
  whole.seal();
  advance(a, 30);
  whole.commit();
  expect(whole.value).toBe(20);
  whole.rollback();
  expect([whole.value, a?.value, b?.value]).toEqual([10, 10, 20]);
  advance(a, 15);
  whole.seal();
  whole.rollback();
  expect([whole.value, a?.value]).toEqual([10, 10]);
  // Records under way are begun again.
  b?.begin();
  whole.rollback();
  expect(b?.underWay).toBe(0);
});

test('what a checkpoint held is there again; lanes that it did not know join at the watermark of the task', () => {
  const { task: whole, lanes } = task(2);
  const fresh = new TaskWatermark(false);
  const [a, b] = [fresh.addLane(IDLE_AFTER), fresh.addLane(IDLE_AFTER)];
  fresh.restore(40, [60, undefined]);
  expect([fresh.value, a.value, b.value, fresh.isWatched]).toEqual([40, 60, 40, true]);
  advance(b, 50);
  fresh.rollback();
  expect([fresh.value, b.value]).toEqual([40, 40]);
  whole.restore(NO_WATERMARK, []);
  expect(lanes.map(({ value }) => value)).toEqual([NO_WATERMARK, NO_WATERMARK]);
});

test('nobody looks at the clock for lanes where it decides nothing', () => {
  const { task: alone, lanes } = task(1);
  advance(lanes[0], 1);
  for (let now = 0; now < 5 * IDLE_AFTER; now += 10) alone.look(now);
  expect([lanes[0]?.isIdle, alone.lookAt]).toEqual([false, Number.POSITIVE_INFINITY]);
});

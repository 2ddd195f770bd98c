import { expect, test } from 'vitest';
import { PacedWriter } from '../../runtime/src/log/kafka/transport/paced-writer.ts';
import { type Clock, systemClock } from '../../runtime/src/time/clock.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A writer whose time passes when the test says so. */
function paced(): {
  readonly writer: PacedWriter<number>;
  readonly written: number[];
  readonly timers: Set<Timer>;
  pass(ms: number): void;
} {
  let now = 1000;
  const timers = new Set<Timer>();
  const clock: Clock = {
    ...systemClock,
    monotonic: () => now,
    after(ms, call) {
      const timer = { at: now + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const written: number[] = [];
  const pass = (ms: number): void => {
    now += ms;
    for (const timer of [...timers])
      if (timer.at <= now) {
        timers.delete(timer);
        timer.call();
      }
  };
  return { writer: new PacedWriter(clock, (frame) => written.push(frame)), written, timers, pass };
}

test('writes at once, with no timer', () => {
  const { writer, written, timers } = paced();
  writer.silence(0);
  writer.write(1);
  writer.write(2);
  expect(written).toEqual([1, 2]);
  expect(timers.size).toBe(0);
});

test('holds back for as long as was asked for, and keeps the order', () => {
  const { writer, written, timers, pass } = paced();
  writer.silence(300);
  expect(timers.size).toBe(0);
  for (const frame of [1, 2, 3]) writer.write(frame);
  expect(timers.size).toBe(1);
  pass(299);
  expect(written).toEqual([]);
  pass(1);
  writer.write(4);
  expect(written).toEqual([1, 2, 3, 4]);
  expect(timers.size).toBe(0);
});

test('what comes when the silence is just over goes behind what was held', () => {
  const { writer, written, timers, pass } = paced();
  writer.silence(100);
  writer.write(1);
  const [late] = timers;
  timers.clear();
  pass(150);
  writer.write(2);
  expect(written).toEqual([]);
  late?.call();
  expect(written).toEqual([1, 2]);
});

test('an answer to what was written before may prolong the silence, and never shortens it', () => {
  const { writer, written, timers, pass } = paced();
  writer.silence(100);
  writer.write(1);
  pass(50);
  writer.silence(200);
  writer.silence(10);
  pass(60);
  expect(written).toEqual([]);
  expect(timers.size).toBe(1);
  pass(139);
  expect(written).toEqual([]);
  pass(1);
  expect(written).toEqual([1]);
});

test('forgets what it holds when it is cleared', () => {
  const { writer, written, timers, pass } = paced();
  writer.silence(100);
  writer.write(1);
  writer.clear();
  expect(timers.size).toBe(0);
  pass(200);
  expect(written).toEqual([]);
});

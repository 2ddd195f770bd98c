import { type Log, start } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { KafkaError } from '../../../runtime/src/log/kafka/errors.ts';
import { heartbeat } from '../../../runtime/src/log/kafka/messages/heartbeat.ts';
import { joinGroup } from '../../../runtime/src/log/kafka/messages/join-group.ts';
import { Reachability } from '../../../runtime/src/log/kafka/transport/reachability.ts';
import { watchLog } from '../../../runtime/src/task/guards/log-away.ts';
import { type Clock, sleep } from '../../../runtime/src/time/clock.ts';
import { copyJob } from '../copy-job.ts';
import { captured } from '../pattern-job.ts';
import { virtualClock } from '../virtual-clock.ts';

/** A log that is silent from one time to another, in milliseconds from now; and nothing else. */
function silentLog(clock: Clock, from: number, to: number): Log {
  const begun = clock.monotonic();
  const silence: Log['silence'] = () => {
    const now = clock.monotonic() - begun;
    return now < from || now >= to ? undefined : { lasting: now - from, reason: 'ECONNREFUSED' };
  };
  return { ...memoryLog({ clock, topics: { words: 1, copies: 1 } }), silence };
}

test('a log that is away for minutes is said now and then, and once that it is back; also while a job is idle', async () => {
  const clock = virtualClock();
  const lines: string[] = [];
  const job = start(copyJob(), { log: silentLog(clock, 5000, 155_000), clock, logger: captured(lines) });
  await sleep(clock, 200_000);
  await job.stop();
  expect(lines.filter((line) => line.includes('answer'))).toEqual([
    expect.stringMatching(/^the log has not answered for 1[01] seconds: the job waits for it$/),
    expect.stringMatching(/^the log has not answered for 7[0-2] seconds/),
    expect.stringMatching(/^the log has not answered for 2 minutes/),
    expect.stringMatching(/^the log answers again, after (2|3) minutes$/),
  ]);
});

test('one that is away for some seconds is no news, nor one that a process which slept has not heard yet', async () => {
  const clock = virtualClock();
  const lines: string[] = [];
  const brief = watchLog(silentLog(clock, 5000, 14_000), clock, captured(lines));
  await sleep(clock, 60_000);
  brief();
  let slept = 0;
  const sleepy: Clock = { ...clock, monotonic: () => clock.monotonic() + slept };
  const silence: { lasting: number; reason: undefined }[] = [];
  const heard = watchLog({ ...memoryLog(), silence: () => silence[0] }, sleepy, captured(lines));
  await sleep(clock, 3500);
  slept = 60_000;
  silence.push({ lasting: 60_000, reason: undefined });
  await sleep(clock, 700);
  // It reads what had come.
  silence.pop();
  await sleep(clock, 60_000);
  heard();
  expect(lines).toEqual([]);
});

test('brokers are silent from the first question without an answer until any answer', async () => {
  let now = 0;
  const reachability = new Reachability({ ...virtualClock(), monotonic: () => now });
  const settle: PromiseWithResolvers<void>[] = [];
  const ask = (message: Parameters<Reachability['follow']>[0] = heartbeat): void => {
    const answer = Promise.withResolvers<void>();
    settle.push(answer);
    reachability.follow(message, answer.promise);
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const gone = new KafkaError('retriable', 'Heartbeat', 'ECONNREFUSED');
  expect(reachability.silence).toBeUndefined();
  ask();
  now = 100;
  settle[0]?.reject(gone);
  await turn();
  ask();
  now = 300;
  expect(reachability.silence).toEqual({ lasting: 300, reason: 'ECONNREFUSED' });
  ask();
  settle[1]?.resolve();
  await turn();
  now = 350;
  // Another question is still open.
  expect(reachability.silence).toEqual({ lasting: 50, reason: undefined });
  settle[2]?.reject(new KafkaError('fatal', 'Heartbeat', 'refused'));
  await turn();
  expect(reachability.silence).toBeUndefined();
  // Brokers may hold this one back for as long as a rebalance lasts.
  ask(joinGroup);
  now = 60_000;
  expect(reachability.silence).toBeUndefined();
});

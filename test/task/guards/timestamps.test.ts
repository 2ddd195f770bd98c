import { type JobLog, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { LogError } from '../../../runtime/src/log/log-error.ts';
import { copies, copyJob } from '../copy-job.ts';

type Type = 'CreateTime' | 'LogAppendTime';

/** What is warned of when the copy job starts, whose output is declared and set so. */
async function warned(timestamps: 'event' | 'broker' | undefined, type: Type | undefined, failure?: LogError) {
  const log = memoryLog({ topics: { words: 1 } });
  const settings = type === undefined ? undefined : { 'message.timestamp.type': type };
  await log.createTopics([{ name: 'copies', partitions: 1, settings }]);
  const said: unknown[] = [];
  const none = (): void => undefined;
  const logger: JobLog = { debug: none, info: none, error: none, warn: (...line) => void said.push(line) };
  const job = copyJob();
  const outputs = { copies: { ...copies, timestamps } };
  const declaration = { ...job.declaration, outputs } as (typeof job)['declaration'];
  const asked = failure === undefined ? log : { ...log, topicSettings: () => Promise.reject(failure) };
  await run({ ...job, declaration }, { log: asked, logger, until: 'latest', instance: 'a' });
  return said;
}

const SET = 'kafka-configs.sh --alter --entity-type topics --entity-name copies --add-config message.timestamp.type';

test("the brokers' time, and a topic that keeps that of this machine", async () => {
  expect(await warned('broker', 'CreateTime')).toEqual([
    [
      { job: 'copy', instance: 'a', topic: 'copies', timestamps: 'broker', timestampType: 'CreateTime' },
      'records are to have the time of the brokers, and get that of this machine: topic copies has ' +
        `message.timestamp.type=CreateTime. Let it be LogAppendTime (${SET}=LogAppendTime)`,
    ],
  ]);
});

test.each(['event', undefined] as const)(
  'event time, and a topic that overwrites it (declared: %s)',
  async (declared) => {
    expect(await warned(declared, 'LogAppendTime')).toEqual([
      [
        { job: 'copy', instance: 'a', topic: 'copies', timestamps: 'event', timestampType: 'LogAppendTime' },
        'records lose the event time that the job gives them, and get that of the brokers: topic copies has ' +
          `message.timestamp.type=LogAppendTime. Let it be CreateTime (${SET}=CreateTime), or declare the topic with timestamps: 'broker'`,
      ],
    ]);
  },
);

test('nothing is said where they go together, or nothing is known', async () => {
  expect(await warned('broker', 'LogAppendTime')).toEqual([]);
  expect(await warned('event', 'CreateTime')).toEqual([]);
  expect(await warned('broker', undefined)).toEqual([]);
  // Whoever may not DescribeConfigs is not told.
  expect(await warned('broker', 'CreateTime', new LogError('fatal', 'not allowed'))).toEqual([]);
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  readAssignment,
  readSubscription,
  writeAssignment,
  writeSubscription,
} from '../../runtime/src/log/kafka/messages/consumer-protocol.ts';
import { WireReader } from '../../runtime/src/log/kafka/wire/reader.ts';
import { WireWriter } from '../../runtime/src/log/kafka/wire/writer.ts';
import { isLogError } from '../../runtime/src/log/port.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { askJava, type JavaAnswers } from '../support/kafka/java.ts';
import { SAMPLES, type Sample } from './message-samples.ts';

const versions = SAMPLES.flatMap((sample) => {
  const { min, max } = sample.message.versions;
  return Array.from(
    { length: max - min + 1 },
    (_, i) => [`${sample.message.name} ${min + i}`, sample, min + i] as const,
  );
});

function write(sample: Sample, version: number): Buffer {
  const writer = new WireWriter(16);
  sample.message.write(writer, sample.request, version);
  const size = writer.size;
  const bytes = writer.bytes();
  expect(bytes.length).toBe(size);
  return bytes;
}

/** Big numbers in JSON are within what a double holds here. */
const parse = (text: string): object => {
  if (text.startsWith('ERROR')) throw new Error(text);
  return JSON.parse(text);
};

await describeWithKafkaJars('messages', () => {
  let kafka: JavaAnswers;
  beforeAll(async () => {
    kafka = await askJava('WireOracle');
  });
  afterAll(() => kafka.stop());

  describe.each(versions)('%s, as Kafka’s own code has it', (_, sample, version) => {
    const { key } = sample.message;

    test('request', async () => {
      const answer = await kafka.ask(`read request ${key} ${version} ${write(sample, version).toString('hex')}`);
      expect(parse(answer)).toMatchObject(sample.requestJson(version));
    });

    test('answer', async () => {
      const json = JSON.stringify(sample.responseJson(version));
      const hex = await kafka.ask(`write response ${key} ${version} ${json}`);
      expect(hex).toMatch(/^[0-9a-f]+$/);
      const bytes = Buffer.from(hex, 'hex');
      const reader = new WireReader(bytes);
      expect(sample.message.read(reader, version)).toEqual(sample.response(version));
      reader.done();

      // Cut off anywhere: never an answer, never anything but a LogError.
      for (let length = 0; length < bytes.length; length++) {
        expect(() => sample.message.read(new WireReader(bytes.subarray(0, length)), version)).toThrow(
          expect.objectContaining({ code: 'LOG', kind: 'unknown-outcome' }),
        );
      }
      // Changed anywhere, to anything: an answer, or a LogError.
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          (changes) => {
            const hostile = Buffer.from(bytes);
            for (const [at, value] of changes) hostile[at] = value;
            try {
              sample.message.read(new WireReader(hostile), version);
            } catch (error) {
              if (!isLogError(error)) throw error;
            }
          },
        ),
        { numRuns: 200 },
      );
    });
  });

  test('what members say and are told', async () => {
    const owned = [
      { topic: 't', partition: 1 },
      { topic: 'u', partition: 0 },
      { topic: 't', partition: 5 },
    ];
    const grouped = [owned[0], owned[2], owned[1]];
    const subscription = { topics: ['t', 'ü'], userData: Buffer.from('me'), owned, generation: 9 };
    const said = writeSubscription(subscription);
    expect(await kafka.ask(`subscription ${said.toString('hex')}`)).toMatch(
      /topics=\[t, ü\].*userDataSize=2, ownedPartitions=\[t-1, t-5, u-0\], .*generationId=9/,
    );
    expect(readSubscription(said)).toEqual({ ...subscription, owned: grouped });
    const told = writeAssignment(owned);
    expect(await kafka.ask(`assignment ${told.toString('hex')}`)).toMatch(/partitions=\[t-1, t-5, u-0\]/);
    expect(readAssignment(told)).toEqual({ partitions: grouped, userData: Buffer.alloc(0) });
    expect(readAssignment(Buffer.alloc(0)).partitions).toEqual([]);
    for (let length = 1; length < told.length; length++)
      expect(() => readAssignment(told.subarray(0, length))).toThrow(expect.objectContaining({ code: 'LOG' }));
  });
});

test('every message is sampled once at least, and every API has its number', () => {
  const keys = new Map(SAMPLES.map(({ message }) => [message.name, message.key]));
  expect(new Set(keys.values()).size).toBe(keys.size);
  expect(keys.size).toBe(28);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader } from '../../runtime/src/log/kafka/transport/frames.ts';

/** What a broker writes: answers, each with its size in front. */
function written(answers: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    answers.map((answer) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(answer.length);
      return Buffer.concat([size, answer]);
    }),
  );
}

const answer = fc
  .tuple(fc.oneof(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 60_000, max: 200_000 })), fc.integer())
  .map(([size, seed]) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed) & 255));
const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100_000 })), { minLength: 1 });

/** Reads as a socket does that is told where to. */
function fill(reader: FrameReader, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const copied = bytes.copy(reader.target(), 0, at);
    reader.filled(copied);
    at += copied;
  }
}

test.each([
  ['pushed', (reader: FrameReader, bytes: Buffer) => reader.push(Buffer.from(bytes))],
  ['read to where they stay', fill],
] as const)('answers in pieces of any size, %s, come whole and are not overwritten', (_, deliver) => {
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 8 }), cuts, (answers, sizes) => {
      const frames: Buffer[] = [];
      const reader = new FrameReader((frame) => frames.push(frame));
      const bytes = written(answers);
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = Math.min(bytes.length, at + (sizes[i % sizes.length] ?? 1));
        deliver(reader, bytes.subarray(at, end));
        at = end;
      }
      expect(frames.length).toBe(answers.length);
      for (const [i, frame] of frames.entries()) expect(frame.equals(answers[i] ?? Buffer.of())).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test.each([3, -1, 0x7fffffff])('%d bytes are no answer of Kafka', (size) => {
  const head = Buffer.alloc(4);
  head.writeInt32BE(size);
  expect(() => new FrameReader(() => undefined).push(head)).toThrow('that is not Kafka');
  expect(() => fill(new FrameReader(() => undefined), head)).toThrow('that is not Kafka');
});

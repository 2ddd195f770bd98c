import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readString, writeString } from '../../runtime/src/codec/primitives/text.ts';
import { writeLength, writeLongNumber } from '../../runtime/src/codec/primitives/write.ts';
import { Writer } from '../../runtime/src/codec/writer.ts';
import { type ContainerSource, openContainer } from '../../runtime/src/container/container-reader.ts';
import { ContainerWriter } from '../../runtime/src/container/container-writer.ts';
import type { BlockCodec } from '../../runtime/src/container/layout.ts';

const SYNC = Buffer.from('0123456789abcdef');

async function written(texts: readonly string[], codec: BlockCodec = 'deflate'): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const sink = async (piece: Uint8Array): Promise<void> => {
    await Promise.resolve();
    pieces.push(piece);
  };
  const container = await ContainerWriter.begin(sink, {
    schema: '"string"',
    metadata: { who: 'me' },
    codec,
    sync: SYNC,
  });
  for (const text of texts) {
    writeString(container.writer, text);
    const pressure = container.added();
    if (pressure !== undefined) await pressure;
  }
  await container.end();
  return Buffer.concat(pieces);
}

/** A file in memory that counts how much of it is asked for at once. */
function sourceOf(bytes: Buffer): ContainerSource & { largest: number } {
  return {
    size: bytes.length,
    largest: 0,
    async read(position, length) {
      this.largest = Math.max(this.largest, length);
      return Buffer.from(bytes.subarray(position, position + length));
    },
  };
}

async function texts(bytes: Buffer): Promise<readonly string[]> {
  const container = await openContainer(sourceOf(bytes));
  const found: string[] = [];
  for await (const { count, reader } of container.blocks()) {
    for (let i = 0; i < count; i++) found.push(readString(reader));
    expect(reader.position).toBe(reader.end);
  }
  return found;
}

describe('an object container file', () => {
  test.each(['null', 'deflate'] as const)('is read as it was written, with codec %s', async (codec) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 5000 })), async (list) => {
        expect(await texts(await written(list, codec))).toEqual(list);
      }),
      { numRuns: 30 },
    );
    const large = ['', 'x'.repeat(300_000), ...Array.from({ length: 50_000 }, (_, i) => `value ${i}`)];
    expect(await texts(await written(large, codec))).toEqual(large);
  });

  test('has its schema and metadata', async () => {
    const container = await openContainer(sourceOf(await written([])));
    expect(container.schema).toBe('"string"');
    expect(Buffer.from(container.metadata.get('who') ?? []).toString()).toBe('me');
  });

  test('is in blocks of bounded size', async () => {
    const bytes = await written(
      Array.from({ length: 50_000 }, () => randomBytes(16).toString('hex')),
      'null',
    );
    const source = sourceOf(bytes);
    const container = await openContainer(source);
    let blocks = 0;
    for await (const { reader } of container.blocks()) {
      blocks++;
      expect(reader.end).toBeLessThan(70_000);
    }
    expect(blocks).toBeGreaterThan(20);
  });
});

describe('a file that is not to be trusted', () => {
  /** Header with this metadata, then whatever follows. */
  function file(metadata: Readonly<Record<string, string>>, ...rest: readonly Uint8Array[]): Buffer {
    const writer = new Writer();
    writeLength(writer, Object.keys(metadata).length);
    for (const [name, value] of Object.entries(metadata)) {
      writeString(writer, name);
      writeString(writer, value);
    }
    writeLength(writer, 0);
    return Buffer.concat([Buffer.from('Obj\x01'), writer.copy(), SYNC, ...rest]);
  }
  const longs = (...values: readonly number[]): Uint8Array => {
    const writer = new Writer();
    for (const value of values) writeLongNumber(writer, value);
    return writer.copy();
  };
  const plain = { 'avro.schema': '"string"', 'avro.codec': 'null' };
  const bomb = deflateRawSync(Buffer.alloc(200 * 1024 * 1024));

  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /no Avro Object Container File \(byte 0\)/],
    ['another magic', Buffer.from('PAR1....'), /no Avro Object Container File/],
    ['a cut header', Buffer.from('Obj\x01\x02'), /header is damaged: the bytes end inside a value \(byte 5\)$/],
    ['a header without sync', file(plain).subarray(0, -3), /ends inside its header/],
    ['metadata of 2^50 entries', Buffer.concat([Buffer.from('Obj\x01'), longs(2 ** 50)]), /header is damaged/],
    ['a name of 2^40 bytes', Buffer.concat([Buffer.from('Obj\x01'), longs(1, 2 ** 40)]), /header is damaged/],
    ['no schema', file({ 'avro.codec': 'null' }), /no avro\.schema/],
    ['an unknown codec', file({ ...plain, 'avro.codec': 'zstandard' }), /"zstandard".*recodec --codec=deflate/],
    ['a block of 2^50 bytes', file(plain, longs(1, 2 ** 50)), /ends inside a block/],
    ['a block of negative size', file(plain, longs(1, -5)), /negative size/],
    ['a negative count', file(plain, longs(-1, 0), SYNC), /negative size/],
    ['a varint that does not end', file(plain, Buffer.alloc(20, 0xff)), /head of a block is damaged/],
    ['another sync', file(plain, longs(1, 2), Buffer.from('\x02a'), Buffer.alloc(16)), /sync marker/],
    [
      'no deflate',
      file({ ...plain, 'avro.codec': 'deflate' }, longs(1, 2), Buffer.from([7, 7]), SYNC),
      /compressed block/,
    ],
    ['a bomb', file({ ...plain, 'avro.codec': 'deflate' }, longs(1, bomb.length), bomb, SYNC), /compressed block/],
  ])('%s', async (_, bytes, message) => {
    await expect(texts(bytes)).rejects.toMatchObject({ code: 'CONTAINER', message: expect.stringMatching(message) });
  });

  test('no length in it makes much memory be taken', async () => {
    const source = sourceOf(file(plain, longs(1, 2 ** 30)));
    const container = await openContainer(source);
    await expect(container.blocks().next()).rejects.toMatchObject({ code: 'CONTAINER' });
    expect(source.largest).toBeLessThan(5 * 1024 * 1024);
  });

  test('bytes that were changed are refused, or read as other values, and nothing else', async () => {
    const good = await written(['ab', 'cde', 'f'.repeat(100)], 'null');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        try {
          const container = await openContainer(sourceOf(bytes));
          for await (const { count, reader } of container.blocks()) {
            for (let i = 0; i < count; i++) readString(reader);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Za-z0-9-]+$/), message: expect.any(String) });
        }
      }),
      { numRuns: 500 },
    );
  });
});

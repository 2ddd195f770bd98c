import {
  AvroDecodeError,
  AvroEncodeError,
  decodeWith,
  defineFormat,
  encodeWith,
  type Format,
  type FormatValue,
  type JobContext,
  run,
} from '@kgen/runtime';
import { createJob, murmur2, ownFormat, topic } from '@kgen/runtime/codegen/v1';
import { memoryLog } from '@kgen/runtime/memory';
import { describe, expect, expectTypeOf, test } from 'vitest';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x,y` as text. */
const point = defineFormat<Point>({
  name: 'point',
  decode(bytes) {
    const [x, y, ...others] = Buffer.from(bytes).toString('latin1').split(',').map(Number);
    if (x === undefined || y === undefined || others.length > 0 || Number.isNaN(x + y)) throw new Error('no point');
    return { x, y };
  },
  encode({ x, y }) {
    if (!Number.isFinite(x + y)) throw new RangeError('nowhere');
    return Buffer.from(`${x},${y}`);
  },
});
const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();

describe('a format of two functions', () => {
  test('has the type of its values', () => {
    expectTypeOf(point).toEqualTypeOf<Format<Point>>();
    expectTypeOf<FormatValue<typeof point>>().toEqualTypeOf<Point>();
  });

  test('reads and writes whole values', () => {
    expect(text(encodeWith(point, { x: 1, y: -2 }))).toBe('1,-2');
    expect(decodeWith(point, Buffer.from('3,4'))).toEqual({ x: 3, y: 4 });
  });

  test('gets bytes of its own, and what it gives is copied', () => {
    const shared = Buffer.from('7');
    let given: Uint8Array | undefined;
    const format = defineFormat<string>({
      name: 'kept',
      decode(bytes) {
        given = bytes;
        return '';
      },
      encode: () => shared,
    });
    const source = Buffer.from('abc');
    decodeWith(format, source);
    expect(given).toStrictEqual(new Uint8Array(Buffer.from('abc')));
    source.fill(0);
    expect(text(given ?? null)).toBe('abc');
    const encoded = encodeWith(format, '');
    shared.fill(0);
    expect(text(encoded)).toBe('7');
  });
});

describe("a user's export as a topic's format", () => {
  const own = ownFormat(() => point);
  const points = topic({ id: 'points', names: ['points'], key: own, value: own, partitioner: murmur2 });
  const received = { topic: 'points', partition: 3, offset: 9n, timestamp: 0n, headers: [] };

  test('is loaded when it is first used', () => {
    let loads = 0;
    const lazy = ownFormat(() => {
      loads++;
      return point;
    });
    expect(loads).toBe(0);
    expect([lazy.name, text(encodeWith(lazy, { x: 0, y: 0 })), loads]).toEqual(['point', '0,0', 1]);
  });

  test('what it throws is an error of decoding that says where, with its own as the cause', () => {
    const broken = (): unknown => points.deserialize({ ...received, key: null, value: Buffer.from('1;2') });
    expect(broken).toThrow(AvroDecodeError);
    expect(broken).toThrow(
      expect.objectContaining({
        code: 'format',
        path: 'value',
        message: expect.stringContaining('format point: no point, in topic points, partition 3, offset 9'),
        cause: expect.objectContaining({ message: 'no point' }),
      }),
    );
  });

  test('or of encoding', () => {
    const nowhere = { x: Number.NaN, y: 0 };
    const refused = (): unknown => points.serialize(nowhere, { x: 0, y: 0 });
    expect(refused).toThrow(AvroEncodeError);
    expect(refused).toThrow(
      expect.objectContaining({ code: 'format', path: 'key', cause: expect.objectContaining({ message: 'nowhere' }) }),
    );
  });

  test('serves jobs, as key and value, and one that cannot be read fails', async () => {
    interface Context extends JobContext<Point> {
      readonly emit: { readonly copies: (key: Point, value: Point) => void };
    }
    const copies = topic({ id: 'copies', names: ['copies'], key: own, value: own, partitioner: murmur2 });
    const job = createJob<{ key: Point; handlers: object }>(
      {
        name: 'points',
        key: own,
        inputs: { points: { topic: points, as: 'stream', outOfOrderness: 0 } },
        outputs: { copies },
        state: {},
        guarantee: 'exactly-once',
        checkpointInterval: 1,
      },
      { points: ({ x, y }: Point, ctx: Context) => ctx.emit.copies(ctx.key, { x: y, y: x }) },
    );
    const log = memoryLog({ topics: { points: 1, copies: 1 } });
    log.produce([points.serialize({ x: 1, y: 2 }, { x: 3, y: 4 })]);
    const options = { log, until: 'latest', logger: false, restart: { strategy: 'none' } } as const;
    await run(job, options);
    expect([...log.records('copies')].map(({ key, value }) => [text(key), text(value)])).toEqual([['1,2', '4,3']]);
    log.produce([{ topic: 'points', key: Buffer.from('0,0'), value: Buffer.from('?') }]);
    await expect(run(job, options)).rejects.toMatchObject({
      code: 'JOB_DECODE_FAILED',
      offset: 1n,
      message: expect.stringContaining('format point: no point'),
    });
  });
});

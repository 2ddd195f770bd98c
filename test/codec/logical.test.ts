import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dateFromDays,
  dateFromMillis,
  dateTextFromDays,
  dateTextToDays,
  dateToDays,
  dateToMillis,
  decimalFromBytes,
  decimalToBytes,
  durationFromBytes,
  durationToBytes,
  localTimestampTextFromUnits,
  localTimestampTextToUnits,
  timestampTextFromUnits,
  timestampTextToUnits,
  timeTextFromUnits,
  timeTextToUnits,
  unscaledFromBytes,
  unscaledToBytes,
  uuidFromBytes,
  uuidToBytes,
} from '../../runtime/src/codec/logical.ts';

/** The code of what a call throws. */
function codeOf(call: () => unknown): unknown {
  try {
    return { value: call() };
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

describe('days', () => {
  test('are those of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST_DAY, max: LAST_DAY }), (days) => {
        const text = dateTextFromDays(days);
        expect(text).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10));
        expect(dateTextToDays(text)).toBe(days);
        expect(dateToDays(dateFromDays(days))).toBe(days);
      }),
    );
  });

  test('end where years have four digits', () => {
    expect([dateTextFromDays(FIRST_DAY), dateTextFromDays(LAST_DAY)]).toEqual(['0001-01-01', '9999-12-31']);
    expect(codeOf(() => dateTextFromDays(FIRST_DAY - 1))).toBe('logical');
    expect(codeOf(() => dateTextFromDays(LAST_DAY + 1))).toBe('logical');
    expect(codeOf(() => dateFromDays(100_000_001))).toBe('logical');
  });

  test.each(['2023-02-29', '1900-02-29', '2024-13-01', '2024-00-01', '2024-01-32', '0000-01-01', '2024-1-1', '', 'x'])(
    '%s is none',
    (text) => expect(codeOf(() => dateTextToDays(text))).toBe('logical'),
  );

  test('of a Date begin at midnight UTC', () => {
    expect(codeOf(() => dateToDays(new Date(1)))).toBe('logical');
    expect(codeOf(() => dateToDays(new Date(Number.NaN)))).toBe('logical');
    expect(codeOf(() => dateToDays('2024-01-01' as never))).toBe('type');
  });
});

describe('times', () => {
  test.each([
    [0, 3, '00:00:00.000'],
    [86_399_999, 3, '23:59:59.999'],
    [1, 6, '00:00:00.000001'],
    [3_723_000_004, 6, '01:02:03.000004'],
  ] as const)('%d', (units, digits, text) => {
    expect(timeTextFromUnits(units, digits)).toBe(text);
    expect(timeTextToUnits(text, digits)).toBe(units);
  });

  test('are of one day, with no more decimals than there are', () => {
    expect(codeOf(() => timeTextFromUnits(86_400_000, 3))).toBe('logical');
    expect(codeOf(() => timeTextFromUnits(-1, 3))).toBe('logical');
    expect(timeTextToUnits('12:00:00', 3)).toBe(43_200_000);
    for (const text of ['24:00:00', '12:60:00', '12:00:60', '12:00:00.1234', '1:00:00', '12:00']) {
      expect(codeOf(() => timeTextToUnits(text, 3))).toBe('logical');
    }
  });
});

describe('timestamps', () => {
  const units = { 3: 1n, 6: 1000n, 9: 1_000_000n };

  test.each([3, 6, 9] as const)('with %d decimals are exact over all years', (digits) => {
    const first = BigInt(FIRST_DAY) * 86_400_000n * units[digits];
    const beyond = BigInt(LAST_DAY + 1) * 86_400_000n * units[digits];
    fc.assert(
      fc.property(fc.bigInt({ min: first, max: beyond - 1n }), (value) => {
        const text = timestampTextFromUnits(value, digits);
        expect(timestampTextToUnits(text, digits)).toBe(value);
        expect(localTimestampTextToUnits(text.slice(0, -1), digits)).toBe(value);
        expect(`${localTimestampTextFromUnits(value, digits)}Z`).toBe(text);
        if (digits === 3) expect(text).toBe(new Date(Number(value)).toISOString());
      }),
    );
    expect(codeOf(() => timestampTextFromUnits(first - 1n, digits))).toBe('logical');
    expect(codeOf(() => timestampTextFromUnits(beyond, digits))).toBe('logical');
  });

  test('with a zone and without are not taken for each other', () => {
    expect(codeOf(() => timestampTextToUnits('2024-01-01T00:00:00', 3))).toBe('logical');
    expect(codeOf(() => localTimestampTextToUnits('2024-01-01T00:00:00Z', 3))).toBe('logical');
    expect(codeOf(() => timestampTextToUnits('2024-01-01T00:00:00+01:00', 3))).toBe('logical');
    expect(codeOf(() => timestampTextToUnits('2024-01-01T00:00:00.1234Z', 3))).toBe('logical');
  });

  test('as Dates go as far as Dates do', () => {
    expect(dateToMillis(dateFromMillis(8_640_000_000_000_000))).toBe(8_640_000_000_000_000);
    expect(codeOf(() => dateFromMillis(8_640_000_000_000_001))).toBe('logical');
    expect(codeOf(() => dateToMillis(new Date(Number.NaN)))).toBe('logical');
  });
});

describe('decimals', () => {
  test.each([
    ['0.00', '00'],
    ['-0.01', 'ff'],
    ['1.27', '7f'],
    ['1.28', '0080'],
    ['-1.28', '80'],
    ['-1.29', 'ff7f'],
    ['99999.99', '0098967f'],
  ])('%s takes as few bytes as hold it', (text, hex) => {
    const bytes = decimalToBytes(text, 7, 2);
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
    expect(decimalFromBytes(bytes, 7, 2)).toBe(text);
  });

  test('of any size are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.nat(38), (value, scale) => {
        const bytes = unscaledToBytes(value, 38);
        expect(unscaledFromBytes(bytes, 38)).toBe(value);
        const text = decimalFromBytes(bytes, 38, scale);
        expect(decimalToBytes(text, 38, scale, 17)).toEqual(unscaledToBytes(value, 38, 17));
        expect(unscaledFromBytes(unscaledToBytes(value, 38, 20), 38)).toBe(value);
      }),
    );
  });

  test.each(['1', '1.0', '1.000', '100000.00', '', '-', '+1.00', '1e2', '.50', '01.00', ' 1.00', '1,00', 'NaN'])(
    '%j is not one of scale 2',
    (text) => expect(codeOf(() => decimalToBytes(text, 7, 2))).toBe('logical'),
  );

  test('beyond the precision are refused, however long', () => {
    expect(codeOf(() => unscaledToBytes(1000n, 3))).toBe('logical');
    expect(codeOf(() => unscaledFromBytes(unscaledToBytes(1000n, 4), 3))).toBe('logical');
    expect(codeOf(() => unscaledFromBytes(new Uint8Array(1_000_000).fill(1), 9))).toBe('logical');
    expect(unscaledFromBytes(new Uint8Array(1_000_000), 9)).toBe(0n);
    expect(codeOf(() => unscaledFromBytes(new Uint8Array(0), 9))).toBe('logical');
    expect(codeOf(() => unscaledToBytes(128n, 3, 1))).toBe('logical');
  });
});

describe('uuids and durations', () => {
  test('over bytes', () => {
    const text = '123e4567-e89b-12d3-a456-426614174000';
    expect(uuidFromBytes(uuidToBytes(text))).toBe(text);
    expect(uuidFromBytes(uuidToBytes(text.toUpperCase()))).toBe(text);
    expect(codeOf(() => uuidToBytes(`${text}0`))).toBe('logical');
    const duration = { months: 0, days: 4_294_967_295, millis: 1 };
    expect(durationFromBytes(durationToBytes(duration))).toEqual(duration);
    for (const days of [-1, 4_294_967_296, 0.5]) {
      expect(codeOf(() => durationToBytes({ ...duration, days }))).toBe('logical');
    }
    expect(codeOf(() => durationToBytes({ months: 1 } as never))).toBe('type');
  });
});

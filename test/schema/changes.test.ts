import { parseSchema, type TypeMapping } from '@kgen/runtime/schema';
import { describe, expect, it } from 'vitest';
import { changeText, describeChanges } from '../../generator/schema/changes.ts';

function changes(
  before: unknown,
  after: unknown,
  mapping: { readonly before?: TypeMapping; readonly after?: TypeMapping } = {},
) {
  const old = parseSchema(JSON.stringify(before), mapping.before);
  const now = parseSchema(JSON.stringify(after), mapping.after);
  return describeChanges(old, now).map(changeText);
}

const CAUSE = { type: 'enum', name: 'us.DelayCause', symbols: ['CARRIER', 'WEATHER'] };

function record(...fields: readonly object[]): object {
  return { type: 'record', name: 'us.Flight', fields };
}

describe('changes of a record', () => {
  it.each<[string, object, object, readonly string[]]>([
    ['nothing', record({ name: 'a', type: 'int' }), record({ name: 'a', type: { type: 'int' }, doc: 'x' }), []],
    [
      'a field more, one less',
      record({ name: 'x', type: 'int' }),
      record({ name: 'cause', type: ['null', CAUSE] }),
      ['+ cause: DelayCause | null', '- x'],
    ],
    [
      'another type',
      record({ name: 'delay', type: 'int' }),
      record({ name: 'delay', type: 'long' }),
      ['~ delay: int -> long (number -> bigint)'],
    ],
    [
      'another type of the same form',
      record({ name: 'd', type: 'int' }),
      record({ name: 'd', type: 'float' }),
      ['~ d: int -> float (number)'],
    ],
    [
      'a type that may be null now',
      record({ name: 'c', type: CAUSE }),
      record({ name: 'c', type: ['null', CAUSE] }),
      ['~ c: DelayCause -> DelayCause | null'],
    ],
    [
      'another order of branches',
      record({ name: 's', type: ['null', 'string'] }),
      record({ name: 's', type: ['string', 'null'] }),
      ['~ s: null | string -> string | null (string | null)'],
    ],
    [
      'a logical type',
      record({ name: 't', type: 'long' }),
      record({ name: 't', type: { type: 'long', logicalType: 'timestamp-millis' } }),
      ['~ t: long -> timestamp-millis (bigint -> Date)'],
    ],
    [
      'a type deep inside',
      record({ name: 'm', type: { type: 'map', values: { type: 'array', items: ['int', 'string'] } } }),
      record({ name: 'm', type: { type: 'map', values: { type: 'array', items: ['int', 'bytes'] } } }),
      [
        '~ m: map<array<int | string>> -> map<array<int | bytes>> (Record<string, (number | string)[]> -> Record<string, (number | Uint8Array)[]>)',
      ],
    ],
    [
      'a branch that needs a tag',
      record({ name: 'u', type: ['int', 'string'] }),
      record({ name: 'u', type: ['int', 'double', 'null'] }),
      [
        "~ u: int | string -> int | double | null (number | string -> { branch: 'int'; value: number } | { branch: 'double'; value: number } | null)",
      ],
    ],
    [
      'a type of another namespace',
      record({ name: 'c', type: CAUSE }),
      record({ name: 'c', type: { ...CAUSE, name: 'faa.DelayCause' } }),
      ['~ c: us.DelayCause -> faa.DelayCause'],
    ],
    [
      'defaults',
      record(
        { name: 'a', type: 'int' },
        { name: 'b', type: 'long', default: 1 },
        { name: 'c', type: 'string', default: 'x' },
      ),
      record(
        { name: 'a', type: 'int', default: 0 },
        { name: 'b', type: 'long' },
        { name: 'c', type: 'string', default: 'y' },
      ),
      ['~ a: default none -> 0', '~ b: default 1 -> none', '~ c: default "x" -> "y"'],
    ],
    [
      'another name, by an alias',
      record({ name: 'old', type: 'int' }),
      record({ name: 'fresh', type: 'long', aliases: ['old'] }),
      ['~ old -> fresh: bigint', '~ fresh: int -> long (number -> bigint)'],
    ],
    [
      'the order of fields, told apart from fields more and less',
      record({ name: 'a', type: 'int' }, { name: 'b', type: 'int' }, { name: 'gone', type: 'int' }),
      record({ name: 'b', type: 'int' }, { name: 'a', type: 'int' }),
      ['- gone', '~ order of fields'],
    ],
    [
      'nothing, where an inner type changed: it has changes of its own',
      record({ name: 'c', type: CAUSE }),
      record({ name: 'c', type: { ...CAUSE, symbols: ['CARRIER'] } }),
      [],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });

  it('another mapping', () => {
    const schema = record({ name: 'delay', type: 'long' });
    expect(changes(schema, schema, { after: { long: 'number' } })).toEqual(['~ delay: long (bigint -> number)']);
  });
});

describe('changes of other types', () => {
  it.each<[unknown, unknown, readonly string[]]>([
    [
      CAUSE,
      { ...CAUSE, symbols: ['WEATHER', 'CARRIER', 'NAS'], default: 'NAS' },
      ["+ 'NAS'", '~ order of symbols', '~ default none -> NAS'],
    ],
    [CAUSE, { ...CAUSE, symbols: ['WEATHER'] }, ["- 'CARRIER'"]],
    [{ type: 'fixed', name: 'F', size: 16 }, { type: 'fixed', name: 'F', size: 32 }, ['~ size 16 -> 32']],
    [
      { type: 'fixed', name: 'F', size: 12 },
      { type: 'fixed', name: 'F', size: 12, logicalType: 'duration' },
      ['~ bytes -> duration (Uint8Array -> { months: number; days: number; millis: number })'],
    ],
    [CAUSE, record(), ['~ enum -> record']],
    [['null', 'int'], ['null', 'long'], ['~ null | int -> null | long (number | null -> bigint | null)']],
    ['int', 'int', []],
  ])('%j, then %j', (before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });
});

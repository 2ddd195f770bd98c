/** One change of a schema, and which way data can be read across it. */
export interface Evolution {
  readonly before: unknown;
  readonly after: unknown;
  /** `backward`: `after` reads data of `before`. */
  readonly holds: 'both' | 'backward' | 'forward' | 'neither';
}

const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
const record = (...fields: readonly object[]): object => named('shop.Order', ...fields);
const named = (name: string, ...fields: readonly object[]): object => ({ type: 'record', name, fields });
const holding = (type: unknown): object => record(field('a', type));
const symbols = (names: readonly string[], more: object = {}): object => {
  return { type: 'enum', name: 'shop.State', symbols: names, ...more };
};
const fixed = (size: number, more: object = {}): object => ({ type: 'fixed', name: 'shop.Hash', size, ...more });
const list = (items: unknown): object => ({ type: 'array', items });
const map = (values: unknown): object => ({ type: 'map', values });
const decimal = (precision: number, scale: number): object => {
  return { type: 'bytes', logicalType: 'decimal', precision, scale };
};
const node = (...more: readonly object[]): object => {
  return named('shop.Node', field('next', ['null', 'shop.Node'], { default: null }), ...more);
};

const A = field('a', 'int');

export const EVOLUTIONS: Readonly<Record<string, Evolution>> = {
  'nothing changes': { before: record(A), after: record(A), holds: 'both' },
  'a doc': { before: record(A), after: { ...record(A), doc: 'An order.' }, holds: 'both' },
  'a field more, with a default': {
    before: record(A),
    after: record(A, field('b', 'int', { default: 1 })),
    holds: 'both',
  },
  'a field more, without a default': { before: record(A), after: record(A, field('b', 'int')), holds: 'forward' },
  'a field less, which had a default': {
    before: record(A, field('b', 'int', { default: 1 })),
    after: record(A),
    holds: 'both',
  },
  'a field less, which had none': { before: record(A, field('b', 'int')), after: record(A), holds: 'backward' },
  'a nullable field without a default': {
    before: record(A),
    after: record(A, field('b', ['null', 'int'])),
    holds: 'forward',
  },
  'a default added': { before: record(A), after: record(field('a', 'int', { default: 0 })), holds: 'both' },
  'a default taken away': { before: record(field('a', 'int', { default: 0 })), after: record(A), holds: 'both' },
  'another order of fields': {
    before: record(A, field('b', 'string')),
    after: record(field('b', 'string'), A),
    holds: 'both',
  },
  'int to long': { before: holding('int'), after: holding('long'), holds: 'backward' },
  'long to int': { before: holding('long'), after: holding('int'), holds: 'forward' },
  'int to float': { before: holding('int'), after: holding('float'), holds: 'backward' },
  'long to double': { before: holding('long'), after: holding('double'), holds: 'backward' },
  'float to double': { before: holding('float'), after: holding('double'), holds: 'backward' },
  'double to float': { before: holding('double'), after: holding('float'), holds: 'forward' },
  'int to string': { before: holding('int'), after: holding('string'), holds: 'neither' },
  'boolean to int': { before: holding('boolean'), after: holding('int'), holds: 'neither' },
  'string to bytes': { before: holding('string'), after: holding('bytes'), holds: 'both' },
  'a field renamed, with an alias': {
    before: record(A),
    after: record(field('b', 'int', { aliases: ['a'] })),
    holds: 'backward',
  },
  'a field renamed': { before: record(A), after: record(field('b', 'int')), holds: 'neither' },
  'a record renamed, with an alias': {
    before: record(A),
    after: { ...named('shop.Purchase', A), aliases: ['shop.Order'] },
    holds: 'backward',
  },
  'a record renamed': { before: record(A), after: named('shop.Purchase', A), holds: 'neither' },
  'a record renamed, with an alias of another namespace': {
    before: record(A),
    after: { ...named('shop.Purchase', A), aliases: ['old.Order'] },
    holds: 'backward',
  },
  'another namespace': { before: record(A), after: named('store.Order', A), holds: 'both' },
  'a symbol more': { before: symbols(['X']), after: symbols(['X', 'Y']), holds: 'backward' },
  'a symbol more, with a default before': {
    before: symbols(['X'], { default: 'X' }),
    after: symbols(['X', 'Y'], { default: 'X' }),
    holds: 'both',
  },
  'a symbol less': { before: symbols(['X', 'Y']), after: symbols(['X']), holds: 'forward' },
  'a symbol less, with a default': {
    before: symbols(['X', 'Y']),
    after: symbols(['X'], { default: 'X' }),
    holds: 'both',
  },
  'another order of symbols': { before: symbols(['X', 'Y']), after: symbols(['Y', 'X']), holds: 'both' },
  'an enum in a field, whose default does not help': {
    before: holding(symbols(['X', 'Y'])),
    after: record(field('a', symbols(['X']), { default: 'X' })),
    holds: 'forward',
  },
  'a union wider': { before: holding(['null', 'int']), after: holding(['null', 'int', 'string']), holds: 'backward' },
  'a union narrower': { before: holding(['null', 'int']), after: holding(['null']), holds: 'forward' },
  'a type becomes a union with it': { before: holding('int'), after: holding(['null', 'int']), holds: 'backward' },
  'a union becomes one of its types': { before: holding(['null', 'int']), after: holding('int'), holds: 'forward' },
  'a union of one becomes its type': { before: holding(['int']), after: holding('int'), holds: 'both' },
  'another order of branches': {
    before: holding(['null', 'int']),
    after: holding(['int', 'null']),
    holds: 'both',
  },
  'a branch is promoted': { before: holding(['null', 'int']), after: holding(['null', 'double']), holds: 'backward' },
  'a branch of another type': {
    before: holding(['null', 'int']),
    after: holding(['null', 'string']),
    holds: 'neither',
  },
  'records of a union, one more': {
    before: [named('shop.A', A)],
    after: [named('shop.A', A), named('shop.B', A)],
    holds: 'backward',
  },
  'a record of a union changes': {
    before: [named('shop.A', A), named('shop.B', A)],
    after: [named('shop.A', A), named('shop.B', A, field('c', 'int'))],
    holds: 'forward',
  },
  'another size': { before: holding(fixed(8)), after: holding(fixed(16)), holds: 'neither' },
  'a fixed renamed': {
    before: holding(fixed(8)),
    after: holding(fixed(8, { name: 'shop.Digest' })),
    holds: 'neither',
  },
  'fixed to bytes': { before: holding(fixed(8)), after: holding('bytes'), holds: 'neither' },
  'a logical type is added': {
    before: holding('long'),
    after: holding({ type: 'long', logicalType: 'timestamp-millis' }),
    holds: 'both',
  },
  'millis become micros': {
    before: holding({ type: 'long', logicalType: 'timestamp-millis' }),
    after: holding({ type: 'long', logicalType: 'timestamp-micros' }),
    holds: 'both',
  },
  'more digits of a decimal': { before: holding(decimal(9, 2)), after: holding(decimal(12, 2)), holds: 'both' },
  'another scale of a decimal': { before: holding(decimal(9, 2)), after: holding(decimal(9, 4)), holds: 'neither' },
  'items promoted': { before: holding(list('int')), after: holding(list('long')), holds: 'backward' },
  'items of another type': { before: holding(list('int')), after: holding(list('string')), holds: 'neither' },
  'values of a map promoted': { before: holding(map('float')), after: holding(map('double')), holds: 'backward' },
  'a list becomes a map': { before: holding(list('int')), after: holding(map('int')), holds: 'neither' },
  'a record inside a list of a map': {
    before: holding(map(list(named('shop.Line', A)))),
    after: holding(map(list(named('shop.Line', A, field('b', 'int'))))),
    holds: 'forward',
  },
  'a recursive record, a field more': {
    before: node(),
    after: node(field('b', 'int', { default: 0 })),
    holds: 'both',
  },
  'a recursive record, a field without a default': { before: node(), after: node(field('b', 'int')), holds: 'forward' },
  'a default that is a record': {
    before: record(A),
    after: record(A, field('at', named('shop.At', field('x', 'int')), { default: { x: 1 } })),
    holds: 'both',
  },
  'the root becomes a union': { before: 'string', after: ['null', 'string'], holds: 'backward' },
  'a branch of the name cannot hold it, another one could': {
    before: [named('shop.A', A)],
    after: [named('shop.A', A, field('b', 'int')), { ...named('shop.B', A), aliases: ['shop.A'] }],
    holds: 'neither',
  },
};

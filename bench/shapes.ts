import { DIGITS, flat, HEX, LETTERS, type Random } from './random.ts';

/** A shape of data: a schema, values, and, for some, the schema of an older writer or a narrowed reader. */
export interface Shape {
  readonly name: string;
  /** Full name of the root type. */
  readonly root: string;
  readonly schema: object;
  readonly value: (random: Random) => unknown;
  /** The current schema is read from data of this one. */
  readonly writer?: { readonly schema: object; readonly value: (random: Random) => unknown } | undefined;
  /** Top-level fields of a narrowed input. */
  readonly fields?: readonly string[] | undefined;
}

const field = (name: string, type: unknown, rest: object = {}): object => ({ name, type, ...rest });

const uuid = (r: Random): string =>
  flat(`${r.text(8, HEX)}-${r.text(4, HEX)}-4${r.text(3, HEX)}-8${r.text(3, HEX)}-${r.text(12, HEX)}`);
const instant = (r: Random): number => r.int(1_600_000_000_000, 1_800_000_000_000);

// A flat event of about 90 bytes

const ACTIONS = ['VIEW', 'SEARCH', 'ADD', 'REMOVE', 'PAY', 'RETURN'] as const;
const action = { type: 'enum', name: 'Action', symbols: ACTIONS };
const eventFields = [
  field('id', 'string'),
  field('user', 'string'),
  field('session', 'string'),
  field('at', 'long'),
  field('action', action),
  field('amount', 'double'),
  field('quantity', 'int'),
  field('member', 'boolean'),
];

const event: Shape = {
  name: 'event',
  root: 'bench.Event',
  schema: { type: 'record', name: 'Event', namespace: 'bench', fields: eventFields },
  value: (r) => ({
    id: uuid(r),
    user: flat(`user-${r.text(6, DIGITS)}`),
    session: r.text(20),
    at: instant(r),
    action: r.pick(ACTIONS),
    amount: r.next() * 500,
    quantity: r.chance(0.9) ? r.int(0, 40) : r.int(100, 5000),
    member: r.chance(0.5),
  }),
  writer: {
    schema: {
      type: 'record',
      name: 'Event',
      namespace: 'bench',
      fields: [
        field('user', 'string'),
        field('id', 'string'),
        field('at', 'long'),
        field('referrer', 'string'),
        field('action', action),
        field('amount', 'float'),
        field('quantity', 'int'),
        field('member', 'boolean'),
      ],
    },
    value: (r) => ({
      user: flat(`user-${r.text(6, DIGITS)}`),
      id: uuid(r),
      at: instant(r),
      referrer: flat(`https://${r.text(8, LETTERS)}.example`),
      action: r.pick(ACTIONS),
      amount: Math.fround(r.next() * 500),
      quantity: r.int(0, 40),
      member: r.chance(0.5),
    }),
  },
};
const eventSchema = event.schema as { fields: object[] };
eventSchema.fields[2] = field('session', 'string', { default: '' });

// A nested order of about 400 bytes

const STATES = ['OPEN', 'PAID', 'SENT', 'DONE', 'VOID'] as const;
const COUNTRIES = ['DE', 'FR', 'JP', 'US', 'BR'] as const;
const WORDS = ['steel', 'cotton', 'lamp', 'chair', 'round', 'small', 'blue', 'garden', 'box', 'travel', 'cup'] as const;
const words = (r: Random, count: number): string => flat(Array.from({ length: count }, () => r.pick(WORDS)).join(' '));
const nullable = (type: unknown): unknown[] => ['null', type];

const address = {
  type: 'record',
  name: 'Address',
  fields: [field('street', 'string'), field('city', 'string'), field('postcode', 'string'), field('country', 'string')],
};
const addressOf = (r: Random): object => ({
  street: flat(`${r.text(9, LETTERS)} ${r.int(1, 200)}`),
  city: r.chance(0.1) ? flat('Zürich') : r.text(r.int(5, 11), LETTERS),
  postcode: r.text(5, DIGITS),
  country: r.pick(COUNTRIES),
});
const line = (currency: boolean): object => ({
  type: 'record',
  name: 'Line',
  fields: [
    field('sku', 'string'),
    field('title', 'string'),
    field('quantity', 'int'),
    field('price', 'double'),
    field('discount', nullable('double'), { default: null }),
    ...(currency ? [field('currency', 'string', { default: 'EUR' })] : []),
  ],
});
const lineOf = (r: Random): object => ({
  sku: flat(`SKU-${r.text(7, HEX)}`),
  title: words(r, r.int(2, 6)),
  quantity: r.int(1, 9),
  price: r.int(100, 90_000) / 100,
  discount: r.chance(0.25) ? r.int(1, 50) / 100 : null,
});
const customer = {
  type: 'record',
  name: 'Customer',
  fields: [
    field('number', 'long'),
    field('name', 'string'),
    field('email', nullable('string'), { default: null }),
    field('address', address),
  ],
};
const customerOf = (r: Random): object => ({
  number: r.int(1_000_000, 900_000_000),
  name: flat(`${r.text(r.int(4, 8), LETTERS)} ${r.text(r.int(5, 11), LETTERS)}`),
  email: r.chance(0.7) ? flat(`${r.text(r.int(5, 12), LETTERS)}@mail.example`) : null,
  address: addressOf(r),
});
const labelsOf = (r: Random): object => {
  const labels: { [key: string]: string } = {};
  for (let n = r.int(0, 4); n > 0; n--) {
    labels[r.pick(['channel', 'campaign', 'locale', 'device', 'warehouse', 'gift'])] = r.text(r.int(3, 12), LETTERS);
  }
  return labels;
};
const orderState = { type: 'enum', name: 'OrderState', symbols: STATES };
const orderFields = (current: boolean): object[] => [
  field('number', 'string'),
  field('placed', 'long'),
  field('state', orderState),
  field('customer', customer),
  field('lines', { type: 'array', items: line(current) }),
  field('labels', { type: 'map', values: 'string' }),
  field('note', nullable('string'), { default: null }),
  field('total', 'double'),
  ...(current ? [field('coupon', nullable('string'), { default: null })] : [field('legacyCode', 'string')]),
];
const orderOf =
  (current: boolean) =>
  (r: Random): object => ({
    number: flat(`O-${r.text(9, DIGITS)}`),
    placed: instant(r),
    state: r.pick(STATES),
    customer: customerOf(r),
    lines: Array.from({ length: r.int(2, 7) }, () => (current ? { ...lineOf(r), currency: 'EUR' } : lineOf(r))),
    labels: labelsOf(r),
    note: r.chance(0.3) ? words(r, r.int(4, 10)) : null,
    total: r.int(1000, 900_000) / 100,
    ...(current ? { coupon: r.chance(0.2) ? r.text(8) : null } : { legacyCode: r.text(6) }),
  });

const order: Shape = {
  name: 'order',
  root: 'bench.Order',
  schema: { type: 'record', name: 'Order', namespace: 'bench', fields: orderFields(true) },
  value: orderOf(true),
  writer: {
    schema: { type: 'record', name: 'Order', namespace: 'bench', fields: orderFields(false) },
    value: orderOf(false),
  },
};

// 40 numeric fields: each channel keeps its magnitude, as sensors and counters do

const NUMERIC = ['int', 'long', 'double', 'float', 'int'] as const;
const numericType = (n: number): (typeof NUMERIC)[number] => NUMERIC[n % NUMERIC.length] ?? 'int';
const channel = (n: number): string => `channel${String(n).padStart(2, '0')}`;
const numbers = Array.from({ length: 40 }, (_, n) => n);
const number = (r: Random, n: number, type: string): number => {
  if (type === 'double') return r.next() * 2000 - 1000;
  if (type === 'float') return Math.fround(r.next() * 100);
  if (type === 'long') return n % 2 === 0 ? r.int(0, 1_000_000) : instant(r);
  return n % 2 === 0 ? r.int(-60, 60) : r.int(-200_000, 200_000);
};

const telemetry: Shape = {
  name: 'telemetry',
  root: 'bench.Telemetry',
  schema: {
    type: 'record',
    name: 'Telemetry',
    namespace: 'bench',
    fields: numbers.map((n) => field(channel(n), numericType(n))),
  },
  value: (r) => Object.fromEntries(numbers.map((n) => [channel(n), number(r, n, numericType(n))])),
  writer: {
    schema: {
      type: 'record',
      name: 'Telemetry',
      namespace: 'bench',
      fields: numbers.map((n) => field(channel(n), n % 10 === 1 ? 'int' : numericType(n))).reverse(),
    },
    value: (r) =>
      Object.fromEntries(numbers.map((n) => [channel(n), number(r, n, n % 10 === 1 ? 'int' : numericType(n))])),
  },
  fields: ['channel03', 'channel17', 'channel31'],
};

// A log of strings

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const log: Shape = {
  name: 'log',
  root: 'bench.LogLine',
  schema: {
    type: 'record',
    name: 'LogLine',
    namespace: 'bench',
    fields: ['host', 'service', 'level', 'trace', 'path', 'message', 'agent'].map((name) => field(name, 'string')),
  },
  value: (r) => ({
    host: flat(`ip-10-${r.int(0, 255)}-${r.int(0, 255)}-${r.int(0, 255)}.internal`),
    service: flat(`${r.pick(['checkout', 'search', 'identity', 'stock'])}-${r.int(1, 20)}`),
    level: r.pick(LEVELS),
    trace: r.text(32, HEX),
    path: flat(`/v2/${r.text(6, LETTERS)}/${r.text(r.int(8, 40))}`),
    message: flat(`${words(r, r.int(6, 24))}${r.chance(0.15) ? ' – größer' : ''}`),
    agent: flat(`Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/${r.int(90, 140)}.0`),
  }),
};

// A recursive tree

const tree: Shape = {
  name: 'tree',
  root: 'bench.Node',
  schema: {
    type: 'record',
    name: 'Node',
    namespace: 'bench',
    fields: [
      field('label', 'string'),
      field('weight', 'double'),
      field('hash', { type: 'fixed', name: 'Hash', size: 16 }),
      field('payload', ['null', 'boolean', 'double', 'string', 'bytes']),
      field('next', ['null', 'Node']),
      field('children', { type: 'array', items: 'Node' }),
    ],
  },
  value: (r) => node(r, 0),
};
function octets(r: Random, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, () => r.int(0, 255)));
}
function node(r: Random, depth: number): object {
  const payloads = [null, r.chance(0.5), r.next() * 1000 + 0.5, r.text(r.int(4, 30)), octets(r, r.int(8, 40))] as const;
  return {
    label: r.text(r.int(4, 14), LETTERS),
    weight: r.next(),
    hash: octets(r, 16),
    payload: r.pick(payloads),
    next: depth < 3 && r.chance(0.4) ? node(r, depth + 2) : null,
    children: depth < 2 ? Array.from({ length: r.int(1, 3) }, () => node(r, depth + 1)) : [],
  };
}

export const shapes: readonly Shape[] = [event, order, telemetry, log, tree];

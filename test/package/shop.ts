/** Programs and schemas of the projects: the sample that `kgen init` writes, and types of every kind, in cycles. */

export type Extension = '.ts' | '.js' | '';

/** Types that refer to each other across files and namespaces, and one that no program uses. */
export const SCHEMAS: { readonly [path: string]: object } = {
  'schemas/people.avsc': {
    type: 'record',
    name: 'Person',
    namespace: 'acme.people',
    doc: 'Someone who works there.',
    fields: [
      { name: 'name', type: 'string' },
      { name: 'manager', type: ['null', 'Person'], default: null },
      { name: 'favourite', type: ['null', 'acme.tree.Node'], default: null },
      { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['ACTIVE', 'GONE'], default: 'ACTIVE' } },
      { name: 'since', type: { type: 'int', logicalType: 'date' } },
      { name: 'seen', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'salary', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
      { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
      { name: 'tags', type: { type: 'map', values: 'string' } },
      { name: 'photo', type: 'bytes' },
      { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
      { name: 'steps', type: 'long' },
      { name: 'choice', type: ['int', 'string', 'acme.tree.Node'] },
      { name: 'paid', type: ['null', 'acme.pay.Card', 'acme.pay.Voucher'] },
    ],
  },
  'schemas/tree.avsc': {
    type: 'record',
    name: 'Node',
    namespace: 'acme.tree',
    fields: [
      { name: 'label', type: 'string' },
      { name: 'children', type: { type: 'array', items: 'Node' } },
      { name: 'owner', type: ['null', 'acme.people.Person'], default: null },
    ],
  },
  'schemas/pay.avsc': [
    { type: 'record', name: 'acme.pay.Card', fields: [{ name: 'number', type: 'string' }] },
    { type: 'record', name: 'acme.pay.Voucher', fields: [{ name: 'number', type: 'string' }] },
  ] as unknown as object,
  'schemas/unused.avsc': {
    type: 'record',
    name: 'Unused',
    namespace: 'acme.unused',
    fields: [{ name: 'fieldThatNoProgramReads', type: 'acme.people.Status' }],
  },
};

/** The job's file with its handler written, as a user would. */
export function jobFile(extension: Extension): string {
  return `import { type CustomerTotals, customerTotals } from '../generated/jobs/customer-totals${extension}';

const job: CustomerTotals = customerTotals({
  orders(order, ctx) {
    const total = ctx.state.total.get() ?? { customer: ctx.key, orders: 0, amount: 0n };
    const next = { ...total, orders: total.orders + 1, amount: total.amount + BigInt(order.amount) };
    ctx.state.total.set(next);
    ctx.emit.totals(next);
  },
});

export default job;
`;
}

/** A value of the largest type, and the job over 40 orders: what other files run, or test. */
export function scenarioFile(extension: Extension): string {
  return `import { run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { codecs, Person } from './generated/index${extension}';
import { orders, totals } from './generated/topics${extension}';
import job from './jobs/customer-totals${extension}';

export const person: Person = {
  name: 'Ann',
  manager: null,
  favourite: { label: 'root', children: [{ label: 'leaf', children: [], owner: null }], owner: null },
  status: 'ACTIVE',
  since: '2024-02-29',
  seen: new Date(1_700_000_000_123),
  salary: '1234.50',
  id: '6c9f2c9e-3f0c-4d36-9a35-0f4a8d6a7a11',
  tags: { a: 'b', ['__proto__']: 'c' },
  photo: new Uint8Array([1, 2, 3]),
  hash: new Uint8Array([0, 255, 7, 9]),
  steps: 9007199254740993n,
  choice: { label: 'chosen', children: [], owner: null },
  paid: { branch: 'Voucher', value: { number: '7' } },
};

export function roundTrip(): string {
  const decoded = Person.decode(Person.encode({ ...person, manager: { ...person, name: 'Bob' } }));
  Person.assert(decoded);
  const again = codecs['acme.people.Person'].fromAvroJson(Person.toAvroJson(decoded));
  const other = Person.decoderFor(Person.schema)(Person.encode(again));
  return Person.toAvroJson(other);
}

export async function sums(): Promise<{ [customer: string]: string }> {
  const log = memoryLog({ topics: { orders: 2, totals: 2 } });
  const names = ['ann', 'bob', 'cid'];
  log.produce(
    Array.from({ length: 40 }, (_, i) =>
      orders.serializeValue({ id: String(i), customer: names[i % 3] ?? '', amount: i, placed: new Date(1_700_000_000_000 + i) }),
    ),
  );
  await run(job, { log, until: 'latest', logger: false });
  const result: { [customer: string]: string } = {};
  for (const record of log.records('totals')) {
    const { value } = totals.deserialize(record);
    if (value !== null) result[value.customer] = \`\${value.orders} \${value.amount}\`;
  }
  return result;
}
`;
}

/** What {@link scenarioFile}'s `sums` gives. */
export const SUMS: { readonly [customer: string]: string } = { ann: '14 273', bob: '13 247', cid: '13 260' };

export function mainFile(extension: Extension): string {
  return `import { roundTrip, sums } from './scenario${extension}';

async function main(): Promise<void> {
  console.log(JSON.stringify({ json: roundTrip(), sums: await sums() }));
}

void main();
`;
}

/** What is in the output of {@link mainFile}: computed from the same numbers, not by kgen. */
export function isRight(stdout: string): void {
  const { json, sums } = JSON.parse(stdout);
  const person = JSON.parse(json);
  if (JSON.stringify(sums) !== JSON.stringify(SUMS)) throw new Error(`The job's totals are wrong: ${stdout}`);
  const steps = /"steps":9007199254740993\b/.test(json);
  const manager = person.manager?.['acme.people.Person'];
  const right =
    steps &&
    manager?.name === 'Bob' &&
    person.favourite['acme.tree.Node'].children[0].label === 'leaf' &&
    person.tags !== undefined &&
    person.hash === '\u0000\u00ff\u0007\t' &&
    person.since === 19_782 &&
    person.seen === 1_700_000_000_123 &&
    person.salary === '\u0001\u00e2:' &&
    person.choice['acme.tree.Node'].label === 'chosen' &&
    person.paid['acme.pay.Voucher'].number === '7' &&
    /"__proto__":"c"/.test(json);
  if (!right) throw new Error(`The round trip lost something: ${stdout}`);
}

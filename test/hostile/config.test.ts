import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAYLOADS } from './payloads.ts';
import { HARMLESS, HostileProject } from './project.ts';

const MINUTES = 60_000;
/** Some are plain words, and fine as names. */
const HOSTILE = PAYLOADS.filter((payload) => !/^[\w-]+$/.test(payload));

const SCHEMAS = {
  'schemas/shop.avsc': [
    {
      type: 'record',
      name: 'shop.Order',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'placed', type: { type: 'long', logicalType: 'timestamp-millis' } },
        { name: 'amount', type: 'long' },
      ],
    },
    { type: 'record', name: 'shop.Total', fields: [{ name: 'id', type: 'string' }] },
  ] as unknown as object,
};
const ORDERS = { key: 'utf8', value: 'shop.Order', keyFrom: 'id', timestampFrom: 'placed' };
const BASE = { schemas: ['schemas/*'], out: 'src/generated' };

/** A config that holds any text at any place, `__proto__` among the keys. */
function configFile(config: object): string {
  return `export default JSON.parse(${JSON.stringify(JSON.stringify(config))});\n`;
}

function projectOf(config: object, files: { readonly [path: string]: string | object } = {}): HostileProject {
  return new HostileProject({ ...SCHEMAS, 'kgen.config.js': configFile({ ...BASE, ...config }), ...files });
}

/** Every hostile text at that place is a finding of its own, and nothing is written. */
async function expectRefused(config: object, place: RegExp): Promise<void> {
  const project = projectOf(config);
  const { code, stdout, stderr } = await project.generate();
  expect(stderr).toBe('');
  expect([1, 2]).toContain(code);
  expect(stdout.match(place)?.length ?? 0).toBeGreaterThanOrEqual(HOSTILE.length);
  expect(project.written()).toEqual([]);
}

/** One entry for each hostile text, under numbered keys. */
function numbered(prefix: string, make: (payload: string) => object): object {
  return Object.fromEntries(HOSTILE.map((payload, i) => [`${prefix}${i}`, make(payload)]));
}

function keyed(make: () => unknown): object {
  return Object.fromEntries(HOSTILE.map((payload) => [payload, make()]));
}

describe('text in a config that must be a name is refused, each one', () => {
  test('keys of topics', () => expectRefused({ topics: keyed(() => ORDERS) }, /cannot name a constant/g));

  test('names that Kafka does not allow', () =>
    expectRefused({ topics: numbered('t', (name) => ({ ...ORDERS, name })) }, /Kafka does not allow/g));

  test('types, fields of keys and times', async () => {
    await expectRefused({ topics: numbered('t', (value) => ({ key: 'utf8', value })) }, /topics\.t\d+\.value/g);
    await expectRefused({ topics: numbered('t', (keyFrom) => ({ ...ORDERS, keyFrom })) }, /topics\.t\d+\.keyFrom/g);
    await expectRefused(
      { topics: numbered('t', (timestampFrom) => ({ ...ORDERS, timestampFrom })) },
      /topics\.t\d+\.timestampFrom/g,
    );
  });

  test('functions that partition', () =>
    expectRefused(
      { topics: numbered('t', (name) => ({ ...ORDERS, partitioner: { import: name, from: './a.ts' } })) },
      /cannot be imported by its name/g,
    ));

  test('names of jobs', () =>
    expectRefused(
      { topics: { orders: ORDERS }, jobs: keyed(() => ({ inputs: { orders: {} } })) },
      /is not kebab-case/g,
    ));

  test('inputs, fields, outputs and state of jobs', async () => {
    const jobs = (make: (payload: string) => object): object => ({
      topics: { orders: ORDERS },
      jobs: Object.fromEntries(HOSTILE.map((payload, i) => [`job${i}`, { inputs: { orders: {} }, ...make(payload) }])),
    });
    await expectRefused(
      jobs((name) => ({ inputs: { [name]: {} } })),
      /jobs\.job\d+\.inputs/g,
    );
    await expectRefused(
      jobs((name) => ({ inputs: { orders: { fields: [name] } } })),
      /jobs\.job\d+\.inputs/g,
    );
    await expectRefused(
      jobs((name) => ({ outputs: [name] })),
      /jobs\.job\d+\.outputs/g,
    );
    await expectRefused(
      jobs((name) => ({ state: { [name]: 'long' } })),
      /jobs\.job\d+\.state/g,
    );
    await expectRefused(
      jobs((name) => ({ state: { a: name } })),
      /jobs\.job\d+\.state/g,
    );
  });

  test('timers, topics of dead letters and topics of offsets', async () => {
    const jobs = (make: (payload: string) => object): object => ({
      topics: { orders: ORDERS },
      jobs: Object.fromEntries(HOSTILE.map((payload, i) => [`job${i}`, { inputs: { orders: {} }, ...make(payload) }])),
    });
    await expectRefused(
      jobs((name) => ({ timers: [name] })),
      /jobs\.job\d+\.timers/g,
    );
    await expectRefused(
      jobs((deadLetter) => ({ onError: { process: { deadLetter } } })),
      /jobs\.job\d+\.onError\.process\.deadLetter/g,
    );
    await expectRefused(
      jobs((name) => ({ startFrom: { offsets: { [name]: { 0: 5 } } } })),
      /jobs\.job\d+\.startFrom\.offsets/g,
    );
  });

  test('formats of the project', async () => {
    const own = (make: (payload: string) => object): object => ({
      topics: numbered('t', (payload) => ({ key: 'utf8', value: make(payload) })),
    });
    await expectRefused(
      own((name) => ({ import: name, from: './a.ts' })),
      /cannot be imported by its name/g,
    );
    for (const from of ['data:text/javascript,export const a = 1', 'node:fs', 'https://example.org/a.js']) {
      const project = projectOf({ topics: { t: { key: 'utf8', value: { import: 'a', from } } } });
      expect(await project.generate()).toMatchObject({ stdout: expect.stringContaining('is not a module') });
      expect(project.written()).toEqual([]);
    }
  });

  test('fields whose types are mapped', () =>
    expectRefused({ types: { fields: keyed(() => ({ long: 'number' })) } }, /types\.fields/g));
});

describe('text in a config that may be anything is data', () => {
  test('patterns of topics', { timeout: MINUTES }, async () => {
    const patterns = [...PAYLOADS.filter(isRegExp), "/'; globalThis.pwned = 1; //", '[/]', '\\/', '(?<pwned>a)'];
    const topics = Object.fromEntries(
      patterns.map((pattern, i) => [`t${i}`, { key: 'utf8', value: 'shop.Order', pattern }]),
    );
    const project = projectOf({ topics });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `const topics: any = await import('./src/generated/topics.ts');
      const patterns: string[] = ${JSON.stringify(patterns)};
      patterns.forEach((pattern, i) => {
        const expected = new RegExp('^(?:' + pattern + ')$');
        assert.ok(topics['t' + i].pattern instanceof RegExp);
        for (const name of ['', 'a', '/', ...patterns]) {
          assert.equal(topics['t' + i].pattern.test(name), expected.test(name), pattern + ' ' + name);
        }
      });`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('modules of functions that partition: a path, or refused', { timeout: MINUTES }, async () => {
    const modules = ['data:text/javascript,globalThis.pwned=1', 'node:fs', '/etc/passwd', 'a', '@a/b'];
    const from = [...HOSTILE.map((payload) => `./${payload}.ts`), ...HOSTILE, ...modules];
    const topicOf = (each: string): object => ({ ...ORDERS, partitioner: { import: 'choose', from: each } });
    const all = projectOf({ topics: Object.fromEntries(from.map((each, i) => [`t${i}`, topicOf(each)])) });
    const { code, stdout } = await all.generate();
    expect(code).toBe(1);
    expect(all.written()).toEqual([]);
    const refused = new Set(
      [...stdout.matchAll(/topics\.t(\d+)\.partitioner\.from/g)].map((match) => Number(match[1])),
    );
    expect(refused.size).toBeGreaterThan(HOSTILE.length);

    const rest = from.flatMap((each, i) => (refused.has(i) ? [] : [[`t${i}`, topicOf(each)]]));
    expect(rest.length).toBeGreaterThan(2);
    const project = projectOf({ topics: Object.fromEntries(rest) });
    expect(await project.generate()).toMatchObject({ code: 0 });
    expect(project.injections()).toEqual([]);
  });

  test('topics whose offsets are told, where a pattern may match them', { timeout: MINUTES }, async () => {
    const names = [...new Set(['__proto__', 'constructor', ...PAYLOADS])];
    const offsets = Object.fromEntries(names.map((name, i) => [name, { 0: i }]));
    const jobs = { 'all-orders': { inputs: { orders: { startFrom: { offsets } } } } };
    const project = projectOf({ topics: { orders: { key: 'utf8', value: 'shop.Order', pattern: '.*' } }, jobs });
    expect(await project.generate()).toMatchObject({ code: 0 });
    const use = `const { allOrders }: any = await import('./src/generated/jobs/all-orders.ts');
      const { offsets } = allOrders({ orders() {} }).declaration.inputs.orders.startFrom;
      const names: string[] = ${JSON.stringify(names)};
      names.forEach((name, i) => assert.ok(Object.hasOwn(offsets, name) && offsets[name][0] === BigInt(i), name));`;
    expect(await project.verify(use)).toEqual(HARMLESS);
  });

  test('folders', { timeout: MINUTES }, async () => {
    const names = [
      'x\'; globalThis.pwned = 1; \'"; globalThis.pwned = 1; "',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: text that may come to be a template
      'x`${globalThis.pwned = 1}`',
      'x\nglobalThis.pwned = 1;\n\u2028*\u2028',
    ];
    for (const name of process.platform === 'win32' ? [] : names) {
      const config = {
        out: `src/${name}`,
        jobsDir: `src/jobs${name}`,
        topics: {
          orders: ORDERS,
          totals: {
            key: 'utf8',
            value: 'shop.Total',
            keyFrom: 'id',
            partitioner: { import: 'choose', from: './choose.ts' },
          },
        },
        jobs: { 'order-totals': { inputs: { orders: {} }, outputs: ['totals'] } },
      };
      const project = projectOf(config);
      const { code, stderr } = await project.generate();
      expect(stderr).not.toContain('unexpectedly');
      if (code === 0) expect(project.injections(), name).toEqual([]);
      else expect(project.written(), name).toEqual([]);
      const before = ['kgen.config.js', 'node_modules', 'package.json', 'schemas'];
      expect(readdirSync(project.root).sort()).toEqual(code === 0 ? [...before, 'src'] : before);
    }
  });
});

test('names of topics, jobs and state that generated code uses itself', { timeout: MINUTES }, async () => {
  const ids =
    'r w value view topic topics avro utf8 murmur2 createJob projection job ctx record state emit tables key handlers Order codecs index jobs $ _'.split(
      ' ',
    );
  const topics = Object.fromEntries(ids.map((id) => [id, { ...ORDERS, name: `topic-${ids.indexOf(id)}` }]));
  const names = 'job index topics create-job class then order orders r codec projection'.split(' ');
  const inputs = Object.fromEntries(ids.map((id, i) => [id, i % 3 === 0 ? { fields: ['id', 'amount'] } : {}]));
  const state = Object.fromEntries(
    ids.map((id, i) => [id, i % 2 === 0 ? 'shop.Order' : { map: 'shop.Total', key: 'string' }]),
  );
  const jobs = Object.fromEntries(names.map((name) => [name, { inputs, outputs: ids, state }]));
  const project = projectOf({ topics, jobs });
  expect(await project.generate()).toMatchObject({ code: 0 });
  expect(await project.verify()).toEqual(HARMLESS);
});

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return text !== '';
  } catch {
    return false;
  }
}

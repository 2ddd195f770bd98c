import { randomUUID } from 'node:crypto';
import { type CompatibilityLevel, type RegistryClient, registryClient } from '@kgen/runtime/registry';
import { type AvroType, incompatibilities, parseSchema } from '@kgen/runtime/schema';
import { describe, expect, it, test } from 'vitest';
import { compatibilityWith, LEVELS } from '../../generator/schema/compatibility.ts';
import { describeRegistry } from '../support/registry/server.ts';
import { EVOLUTIONS } from './evolutions.ts';

const parse = (schema: unknown): AvroType => parseSchema(JSON.stringify(schema));

/** Levels that hold, by name. */
function levels(schema: unknown, ...earlier: readonly unknown[]): readonly string[] {
  const versions = earlier.map((each, i) => ({ version: i + 1, type: parse(each) }));
  return compatibilityWith(parse(schema), versions).flatMap(({ level, holds }) => (holds ? [level] : []));
}

const HELD = {
  both: LEVELS,
  backward: LEVELS.filter((level) => level.startsWith('BACKWARD')),
  forward: LEVELS.filter((level) => level.startsWith('FORWARD')),
  neither: [],
} as const;

describe('one change', () => {
  it.each(Object.entries(EVOLUTIONS))('%s', (_, { before, after, holds }) => {
    expect(levels(after, before)).toEqual(HELD[holds]);
  });
});

/** Three versions, of which the newest agrees with its neighbour alone. */
const STORY: readonly object[] = [
  [{ name: 'a', type: 'int' }],
  [
    { name: 'a', type: 'int' },
    { name: 'b', type: 'int', default: 0 },
  ],
  [
    { name: 'a', type: 'int' },
    { name: 'b', type: 'int' },
  ],
].map((fields) => ({ type: 'record', name: 'shop.Order', fields }));

test('transitive levels look at all versions, the others at the newest', () => {
  expect(levels(STORY[2], STORY[0], STORY[1])).toEqual(['BACKWARD', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL']);
  expect(levels(STORY[0])).toEqual(LEVELS);
});

/** Where a registry answers otherwise, and why we do not. It may only get shorter. */
const KNOWN_DIFFERENCES: { readonly [name: string]: string } = {
  'another scale of a decimal':
    "Java's check does not look at logical types. The same bytes would mean another number, so reading refuses them",
  'a record renamed, with an alias of another namespace':
    'the specification matches unqualified names, and so does reading; the check of Java compares aliases in full',
  'a branch of the name cannot hold it, another one could':
    "Java's check takes any branch that fits; Java's reading, and ours, take the branch of the name, and fail",
};

const ORDER = {
  type: 'record',
  name: 'shop.Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'state', type: { type: 'enum', name: 'shop.State', symbols: ['NEW', 'OLD', 'LOST'] } },
    { name: 'lines', type: { type: 'array', items: { type: 'map', values: ['null', 'int', 'string'] } } },
    { name: 'hash', type: { type: 'fixed', name: 'shop.Hash', size: 8 } },
  ],
};

test('every place is told, with its path, and what to do', () => {
  const after = {
    ...ORDER,
    fields: [
      { name: 'id', type: 'int' },
      { name: 'state', type: { type: 'enum', name: 'shop.State', symbols: ['NEW'] } },
      { name: 'lines', type: { type: 'array', items: { type: 'map', values: ['null', 'bytes'] } } },
      { name: 'hash', type: { type: 'fixed', name: 'shop.Hash', size: 4 } },
      { name: 'note', type: 'string' },
    ],
  };
  expect(incompatibilities(parse(ORDER), parse(after))).toEqual([
    {
      kind: 'field',
      path: 'note',
      reason: "the field is not in the writer's shop.Order, and has no default",
      hint: 'Give it a default, or the alias of the field that it was',
    },
    {
      kind: 'type',
      path: 'id',
      reason: 'the writer has long, the reader int',
      hint: 'Keep the type; or add a field of the new type, with a default, beside it',
    },
    {
      kind: 'symbols',
      path: 'state',
      reason: "the reader's shop.State has no OLD, LOST, and no default",
      hint: 'Keep OLD, LOST, or give the enum a default',
    },
    {
      kind: 'branch',
      path: 'lines[]{}',
      reason: 'no branch of the union holds int',
      hint: 'Keep the branch in the union',
    },
    {
      kind: 'size',
      path: 'hash',
      reason: "the writer's shop.Hash has 8 bytes, the reader's 4",
      hint: 'Keep the size; or add a field of a new type beside it',
    },
  ]);
});

test('what breaks names direction and version', () => {
  const [, , third] = STORY;
  const versions = STORY.slice(0, 2).map((each, i) => ({ version: i + 1, type: parse(each) }));
  const results = compatibilityWith(parse(third), versions);
  expect(results.find(({ level }) => level === 'FULL_TRANSITIVE')?.breaks).toMatchObject([
    { direction: 'backward', version: 1, path: 'b', hint: expect.stringMatching(/^Give it a default/) },
  ]);
});

await describeRegistry('the registry says the same', (url) => {
  const client: RegistryClient = registryClient({ url });

  async function setLevel(subject: string, level: CompatibilityLevel): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ compatibility: level });
    const { ok } = await fetch(`${url}/config/${subject}`, { method: 'PUT', headers, body });
    expect(ok).toBe(true);
  }

  async function asRegistry(schema: unknown, ...earlier: readonly unknown[]): Promise<readonly string[]> {
    const subject = `evolution-${randomUUID()}`;
    for (const each of earlier) await client.register(subject, { schema: JSON.stringify(each) });
    const held: string[] = [];
    for (const level of LEVELS) {
      await setLevel(subject, level);
      const versions = level.endsWith('_TRANSITIVE') ? 'all' : 'latest';
      const { compatible } = await client.isCompatible(subject, versions, { schema: JSON.stringify(schema) });
      if (compatible) held.push(level);
    }
    return held;
  }

  test.each(Object.entries(EVOLUTIONS))('%s', async (name, { before, after }) => {
    const ours = levels(after, before);
    const theirs = await asRegistry(after, before);
    if (name in KNOWN_DIFFERENCES) expect(theirs).not.toEqual(ours);
    else expect(ours).toEqual(theirs);
  });

  test('of several versions', async () => {
    expect(levels(STORY[2], STORY[0], STORY[1])).toEqual(await asRegistry(STORY[2], STORY[0], STORY[1]));
  });

  // Its check on its own takes no references (3.0.9 calls such schemas invalid), but registering does.
  test('of what refers to other subjects', async () => {
    const [money, orders] = [`money-${randomUUID()}`, `orders-${randomUUID()}`];
    const MONEY = { type: 'record', name: 'shop.Money', fields: [{ name: 'amount', type: 'int' }] };
    const [total, old] = [field('total', 'shop.Money'), field('old', 'shop.Money')];
    await client.register(money, { schema: JSON.stringify(MONEY) });
    const references = [{ name: 'shop.Money', subject: money, version: 1 }];
    await client.register(orders, { schema: JSON.stringify(order(total)), references });
    expect(levels(order(field('total', MONEY), old), order(field('total', MONEY)))).toEqual(HELD.forward);
    const proposed = { schema: JSON.stringify(order(total, old)), references };
    await setLevel(orders, 'BACKWARD');
    await expect(client.register(orders, proposed)).rejects.toMatchObject({ kind: 'invalid', status: 409 });
    await setLevel(orders, 'FORWARD');
    expect(await client.register(orders, proposed)).toBeGreaterThan(0);
  });
});

function field(name: string, type: unknown): object {
  return { name, type };
}

function order(...fields: readonly object[]): object {
  return { type: 'record', name: 'shop.Order', fields };
}

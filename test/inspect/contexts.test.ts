import { registryClient } from '@kgen/runtime/registry';
import { afterAll, expect, test } from 'vitest';
import { readPart } from '../../generator/inspect/part.ts';
import type { FormatModel } from '../../generator/model/model.ts';
import { writerFinder } from '../../generator/sources/registry/find-writer.ts';
import type { PulledRegistry, PulledSubject } from '../../generator/sources/registry/load-pulled.ts';
import { fakeRegistry, json, refusal } from '../registry/fake-registry.ts';

// Each context of a registry counts its own ids: the topic of a record says in which one its ids are.

const PULLED = 1;
const NEWER = 2;
const CONTEXT = ':.eu:';

const text = (name: string): string => JSON.stringify({ type: 'enum', name, symbols: ['A'] });

const registry = await fakeRegistry((request, response) => {
  const { pathname, searchParams } = new URL(request.path, 'http://registry');
  const context = searchParams.get('subject') ?? '';
  if (!['', CONTEXT].includes(context)) return refusal(404, 'no such context')(request, response);
  const schema = text(context === '' ? 'Here' : 'There');
  json(pathname.endsWith('/versions') ? [{ subject: `${context}orders-value`, version: 2 }] : { schema })(
    request,
    response,
  );
});
afterAll(() => registry.stop());

function subjectOf(subject: string, name: string): PulledSubject {
  const schema = text(name);
  const version = { version: 1, id: PULLED, hash: name, references: [], deleted: false };
  const type = { kind: 'enum', name, symbols: ['A'] } as never;
  return {
    subject,
    compatibility: 'NONE',
    versions: [{ ...version, file: `${name}.avsc`, text: schema, schema, type }],
  };
}

test.each([
  ['', 'Here'],
  [CONTEXT, 'There'],
])('ids of a topic whose subjects are in context "%s" are those of that one', async (context, name) => {
  const pulled: PulledRegistry = {
    urls: [registry.url],
    subjects: [subjectOf('orders-value', 'Here'), subjectOf(`${CONTEXT}orders-value`, 'There')],
    findings: [],
  };
  const client = registryClient({ url: registry.url });
  const find = writerFinder(pulled, {}, client);
  const format: FormatModel = {
    kind: 'confluent',
    types: [],
    registry: {
      functionName: 'ordersRegistry',
      urls: pulled.urls,
      subjects: [[`${context}orders-value`]],
      namedAfterTopic: true,
      published: [],
      unreadable: [],
    },
  };
  const around = { find, readerOf: () => undefined, typeOf: () => undefined };
  for (const [id, version] of [
    [PULLED, 1],
    [NEWER, 2],
  ] as const) {
    const part = await readPart(Uint8Array.of(0, 0, 0, 0, id, 0), format, around);
    expect(part).toMatchObject({
      type: name,
      value: 'A',
      writer: { id, places: [{ subject: `${context}orders-value`, version }] },
    });
  }
  client.close();
});

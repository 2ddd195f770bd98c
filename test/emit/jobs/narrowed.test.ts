import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../generator/config/config.ts';
import { emitJobs } from '../../../generator/emit/jobs/emit-job.ts';
import { emitTopics } from '../../../generator/emit/topics/emit-topics.ts';
import { emitContext } from '../../../generator/emit/types/context.ts';
import { emitType } from '../../../generator/emit/types/emit-type.ts';
import { buildJobs } from '../../../generator/model/jobs.ts';
import { buildTopics } from '../../../generator/model/topics.ts';
import { loadTypes } from '../../../generator/model/types.ts';
import { typeCheck } from '../../types/project.ts';

const schema = {
  type: 'record',
  name: 'a.Node',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['X', 'Y'] } },
    { name: 'child', type: ['null', 'Node'] },
    { name: 'tags', type: { type: 'map', values: 'Kind' } },
    { name: 'wide', type: { type: 'array', items: 'double' } },
    { name: 'self', type: ['null', 'string', { type: 'array', items: 'Node' }] },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 } },
    { name: 'r', type: 'int' },
  ],
};

const node = `{ id: 7n, kind: 'Y', child: null, tags: { x: 'X' }, wide: [1, 2], self: null, at: new Date(5), price: '1.50', r: -1 }`;
const fields = ['kind', 'child', 'tags', 'self', 'r', 'price'];

const config: Config = {
  schemas: ['*.avsc'],
  out: 'src/generated',
  topics: {
    plain: { key: 'utf8', value: 'a.Node' },
    timed: { key: 'utf8', value: 'a.Node', timestampFrom: 'at' },
    confluent: { key: 'utf8', value: { type: 'a.Node', format: 'confluent', id: 9 } },
    single: { key: 'utf8', value: { type: 'a.Node', format: 'single-object' } },
    json: { key: 'utf8', value: { type: 'a.Node', format: 'json' } },
  },
  jobs: {
    narrow: {
      inputs: {
        plain: { fields },
        timed: { fields: ['r'] },
        confluent: { fields },
        single: { fields },
        json: { fields },
      },
    },
  },
};

/** Encodes whole values with their topics, and reads them as the job's inputs do. */
const script = `
import { Reader } from '@kgen/runtime';
import { narrow } from './src/generated/jobs/narrow.ts';
import * as topics from './src/generated/topics.ts';

const leaf = ${node};
const value = { ...leaf, child: leaf, self: [leaf, { ...leaf, self: 'text' }] };
const handlers = Object.fromEntries(Object.keys(topics).map((id) => [id, () => {}]));
const { declaration } = narrow(handlers as never);
const result: Record<string, unknown> = {};
for (const [id, topic] of Object.entries(topics)) {
  const bytes = topic.serialize('k', value as never).value ?? new Uint8Array();
  const read = (from: Uint8Array): unknown => declaration.inputs[id]!.value!.read(new Reader(from));
  const { child, self, ...rest } = read(bytes) as { child?: unknown; self?: unknown };
  const whole = topic.deserialize({ topic: id, partition: 0, offset: 0n, timestamp: 0n, key: null, value: bytes, headers: [] }).value;
  const expected = id === 'timed' ? [undefined, undefined] : [whole!.child, whole!.self];
  const same = JSON.stringify([child, self], text) === JSON.stringify(expected, text);
  let error: unknown;
  try {
    read(bytes.subarray(0, -1));
  } catch (caught) {
    error = caught;
  }
  const { name, code, path } = error as { name: string; code: string; path: string };
  result[id] = { rest, same, error: [name, code, path] };
}
console.log(JSON.stringify(result, text));

function text(_: string, item: unknown): unknown {
  return typeof item === 'bigint' ? String(item) : item;
}
`;

const root = join(import.meta.dirname, '..', '..', '..');
const files: { [path: string]: string } = {};
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kgen-narrowed-'));
  writeFileSync(join(folder, 'node.avsc'), JSON.stringify(schema));
  const { types, findings } = await loadTypes(config, folder);
  const { topics, findings: inTopics } = buildTopics(config, types);
  const { jobs, findings: inJobs } = buildJobs(config, types, topics);
  expect([...findings, ...inTopics, ...inJobs]).toEqual([]);
  const model = { types, mapping: {}, jobs };
  const options = { source: 'kgen.config.ts', importExtension: '.ts', out: 'src/generated' } as const;
  const context = emitContext(model, options);
  for (const type of types) files[`src/generated/${type.path}`] = emitType(type, context);
  for (const { path, text } of emitJobs(model, options)) files[`src/generated/${path}`] = text;
  files['src/generated/topics.ts'] = emitTopics(topics, options);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('narrowed inputs', () => {
  it('compile', () => {
    expect(typeCheck(files)).toEqual([]);
  });

  it('read what the whole value holds, in every format', () => {
    for (const [path, text] of Object.entries({
      ...files,
      'script.ts': script,
      'package.json': '{ "type": "module" }',
    })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const output = execFileSync(process.execPath, ['--conditions=kgen-source', 'script.ts'], { cwd: folder });
    const rest = { kind: 'Y', tags: { x: 'X' }, price: '1.50', r: -1 };
    const truncated = ['AvroDecodeError', 'truncated', 'r'];
    expect(JSON.parse(output.toString())).toEqual({
      plain: { rest, same: true, error: truncated },
      timed: { rest: { at: '1970-01-01T00:00:00.005Z', r: -1 }, same: true, error: truncated },
      confluent: { rest, same: true, error: truncated },
      single: { rest, same: true, error: truncated },
      json: { rest, same: true, error: ['AvroDecodeError', 'json', ''] },
    });
  });
});

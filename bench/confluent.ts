// Records in Confluent's format by ids that are known, against @kafkajs/confluent-schema-registry with its schemas cached.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { type Codec, decodeWith, type Format, Reader } from '@kgen/runtime';
import { confluent } from '@kgen/runtime/codegen/v1';
import avsc from 'avsc';
import { CompiledFolder } from '../test/support/compiled.ts';
import { compareAsync, type Measurement, sink } from './harness.ts';
import { random } from './random.ts';
import { type Shape, shapes } from './shapes.ts';

const MESSAGES = 1000;
const OWN_ID = 7;
const OLD_ID = 3;

export interface ConfluentResult {
  readonly shape: string;
  /** What was read, and how. */
  readonly operation: string;
  /** Bytes of a message with its header, on average. */
  readonly bytes: number;
  /** What the ratio should at least be; undefined where it is only shown. */
  readonly target: number | undefined;
  readonly peer: Measurement;
  readonly own: Measurement;
}

/** Runs the comparisons of the shapes whose names are given; of all without names. */
export async function benchConfluent(names: readonly string[] = []): Promise<readonly ConfluentResult[]> {
  const folder = new CompiledFolder();
  const results: ConfluentResult[] = [];
  try {
    for (const shape of shapes.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const writers = shape.writer === undefined ? [] : [shape.writer.schema];
      // Longs are numbers, since the peer knows no others.
      const { codec } = await folder.load(shape.schema, { writers, mapping: { long: 'number' } });
      results.push(...(await benchShape(shape, codec)));
    }
  } finally {
    folder.remove();
  }
  return results;
}

async function benchShape(shape: Shape, codec: Codec<unknown>): Promise<readonly ConfluentResult[]> {
  const { writer } = shape;
  const schemas = new Map([
    [OWN_ID, shape.schema],
    ...(writer === undefined ? [] : [[OLD_ID, writer.schema] as const]),
  ]);
  const server = await serve(schemas);
  try {
    const { port } = server.address() as AddressInfo;
    const registry = new SchemaRegistry({ host: `http://127.0.0.1:${port}` });
    const texts = new Map([...schemas].map(([id, schema]) => [id, JSON.stringify(schema)]));
    const format = confluent(() => codec, { id: OWN_ID, writers: (id) => texts.get(id) });
    const own = await known(shape, messagesOf(OWN_ID, shape.schema, shape.value), registry, format);
    if (writer === undefined) return own;
    const old = messagesOf(OLD_ID, writer.schema, writer.value);
    return [...own, ...(await resolved(shape, old, registry, format))];
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** As much of a registry as decoding asks for: a schema by its id, once. */
export async function serve(schemas: ReadonlyMap<number, object>): Promise<Server> {
  const server = createServer((request, response) => {
    const schema = schemas.get(Number(/\/schemas\/ids\/(\d+)/.exec(request.url ?? '')?.[1]));
    response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json');
    response.statusCode = schema === undefined ? 404 : 200;
    response.end(JSON.stringify(schema === undefined ? {} : { schema: JSON.stringify(schema) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function messagesOf(id: number, schema: object, value: Shape['value']): readonly Buffer[] {
  const type = avsc.Type.forSchema(structuredClone(schema) as avsc.Schema);
  const r = random(7);
  return Array.from({ length: MESSAGES }, () => {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(id, 1);
    return Buffer.concat([header, type.toBuffer(value(r))]);
  });
}

async function known(
  shape: Shape,
  messages: readonly Buffer[],
  registry: SchemaRegistry,
  format: Format<unknown>,
): Promise<readonly ConfluentResult[]> {
  const contenders = {
    registry: async () => {
      for (const message of messages) sink.value = await registry.decode(message);
    },
    each: () => decodeEach(format, messages),
    batch: readChunk(format, messages),
  };
  return results(shape, 'known id', messages, contenders, { each: 3, batch: 3 });
}

/** The peer makes a resolver for each message when it is given a reader's schema. */
async function resolved(
  shape: Shape,
  messages: readonly Buffer[],
  registry: SchemaRegistry,
  format: Format<unknown>,
): Promise<readonly ConfluentResult[]> {
  const options = { [SchemaType.AVRO]: { readerSchema: structuredClone(shape.schema) as never } };
  const few = messages.slice(0, 100);
  const contenders = {
    registry: async () => {
      for (const message of few) sink.value = await registry.decode(message, options);
    },
    each: () => decodeEach(format, few),
    batch: readChunk(format, few),
  };
  return results(shape, 'older id', few, contenders, {});
}

function decodeEach(format: Format<unknown>, messages: readonly Buffer[]): void {
  for (const message of messages) sink.value = decodeWith(format, message);
}

/** As a task reads them: one after the other in what was fetched. */
function readChunk(format: Format<unknown>, messages: readonly Buffer[]): () => void {
  const chunk = Buffer.concat(messages);
  return () => {
    const reader = new Reader(chunk);
    let end = 0;
    for (const { length } of messages) {
      reader.position = end;
      end += length;
      reader.end = end;
      sink.value = format.read(reader);
    }
  };
}

async function results(
  { name }: Shape,
  what: string,
  messages: readonly Buffer[],
  contenders: { readonly [name: string]: () => void | Promise<void> },
  targets: { readonly [name: string]: number },
): Promise<readonly ConfluentResult[]> {
  const [peer, ...own] = await compareAsync(contenders, messages.length);
  if (peer === undefined) return [];
  const bytes = Math.round(messages.reduce((sum, { length }) => sum + length, 0) / messages.length);
  return own.map((measurement) => {
    const target = targets[measurement.name];
    return { shape: name, operation: `${what}, ${measurement.name}`, bytes, target, peer, own: measurement };
  });
}

/** What is compared with what, on what machine. */
export function confluentTitle(): string {
  const require = createRequire(import.meta.url);
  const manifest = readFileSync(require.resolve('@kafkajs/confluent-schema-registry/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return `kgen against @kafkajs/confluent-schema-registry ${version}, Node ${process.versions.node}, ${process.arch}`;
}

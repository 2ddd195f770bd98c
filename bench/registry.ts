// A topic in which three versions of a schema lie side by side, as one reads it: each record as the newest type.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { decodeWith, type Format, Reader } from '@kgen/runtime';
import { confluent } from '@kgen/runtime/codegen/v1';
import avsc from 'avsc';
import { CompiledFolder } from '../test/support/compiled.ts';
import { printCodecs } from './codecs.ts';
import { type ConfluentResult, confluentTitle, serve } from './confluent.ts';
import { compareAsync, sink } from './harness.ts';
import { random } from './random.ts';
import type { Report } from './report.ts';

const MESSAGES = 999;
const TARGET = 2.5;

interface Version {
  readonly id: number;
  readonly schema: object;
}

const versions: readonly Version[] = [1, 2, 3].map((n) => {
  const file = join(import.meta.dirname, `../fixtures/evolution/flight-${n}.avsc`);
  return { id: 10 + n, schema: JSON.parse(readFileSync(file, 'utf8')) as object };
});

/**
 * The peer twice: as the versions were written, which is the best it can do, with its types cached; and resolved to the newest
 * one, for which it makes a resolver for each message. kgen gives the newest type in both.
 */
export async function benchRegistry(): Promise<Report> {
  const [one, two, newest] = versions;
  if (one === undefined || two === undefined || newest === undefined) throw new Error('there are three versions');
  const folder = new CompiledFolder();
  const server = await serve(new Map(versions.map(({ id, schema }) => [id, schema])));
  try {
    const { codec } = await folder.load(newest.schema, { writers: [one.schema, two.schema] });
    const older = { [one.id]: JSON.stringify(one.schema), [two.id]: JSON.stringify(two.schema) };
    const format = confluent(() => codec, { id: newest.id, writers: older });
    const registry = new SchemaRegistry({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const messages = interleaved();
    const toNewest = { [SchemaType.AVRO]: { readerSchema: structuredClone(newest.schema) as never } };
    const results = [
      ...(await compared('three versions, as written', messages, format, (message) => registry.decode(message))),
      ...(await compared('three versions, resolved', messages.slice(0, 99), format, (message) =>
        registry.decode(message, toNewest),
      )),
    ];
    return { name: 'registry', title: confluentTitle(), table: printCodecs(results, 'registry'), results };
  } finally {
    folder.remove();
    server.close();
    server.closeAllConnections();
  }
}

async function compared(
  operation: string,
  messages: readonly Buffer[],
  format: Format<unknown>,
  decode: (message: Buffer) => Promise<unknown>,
): Promise<readonly ConfluentResult[]> {
  const contenders = {
    registry: async () => {
      for (const message of messages) sink.value = await decode(message);
    },
    each: () => {
      for (const message of messages) sink.value = decodeWith(format, message);
    },
    batch: readChunk(format, messages),
  };
  const [peer, ...own] = await compareAsync(contenders, messages.length);
  if (peer === undefined) return [];
  const bytes = Math.round(messages.reduce((sum, { length }) => sum + length, 0) / messages.length);
  return own.map((measurement) => {
    const what = `${operation}, ${measurement.name}`;
    return { shape: 'flights', operation: what, bytes, target: TARGET, peer, own: measurement };
  });
}

/** As a task reads them: one after the other in what was fetched. */
function readChunk(format: Format<unknown>, messages: readonly Buffer[]): () => void {
  const reader = new Reader(Buffer.concat(messages));
  return () => {
    let end = 0;
    for (const { length } of messages) {
      const start = end;
      end += length;
      reader.reset(start, end);
      sink.value = format.read(reader);
    }
  };
}

/** One of each version after the other. */
function interleaved(): readonly Buffer[] {
  const types = versions.map(({ id, schema }) => ({ id, type: avsc.Type.forSchema(structuredClone(schema) as never) }));
  const chance = random(7);
  return Array.from({ length: MESSAGES }, (_, i) => {
    const { id, type } = types[i % types.length] as (typeof types)[number];
    const header = Buffer.alloc(5);
    header.writeUInt32BE(id, 1);
    const airport = chance.pick(['SEA', 'OAK', 'JFK']);
    const delay = chance.int(-10, 100);
    const cause = chance.chance(0.5) ? null : 'WEATHER';
    return Buffer.concat([header, type.toBuffer({ origin: airport, departure: airport, delay, cause })]);
  });
}

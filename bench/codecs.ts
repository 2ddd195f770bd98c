// Codecs against avsc, side by side in one run. Longs are numbers here, since avsc knows no others; what bigints cost is shown besides.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Codec } from '@kgen/runtime';
import { Reader, Writer } from '@kgen/runtime';
import avsc from 'avsc';
import { type Compiled, CompiledFolder } from '../test/support/compiled.ts';
import { compare, type Measurement, sink } from './harness.ts';
import { random } from './random.ts';
import { type Shape, shapes } from './shapes.ts';

const MESSAGES = 1000;
/** As much as a fetch response gives at once, or nearly. */
const CHUNK = 65_536;

export interface CodecResult {
  readonly shape: string;
  readonly operation: string;
  /** Bytes of a message, on average. */
  readonly bytes: number;
  /** What the ratio should at least be; undefined where it is only shown. */
  readonly target: number | undefined;
  readonly peer: Measurement;
  readonly own: Measurement;
}

/** Runs all comparisons of the shapes whose names are given; of all without names. */
export async function benchCodecs(names: readonly string[] = []): Promise<readonly CodecResult[]> {
  const folder = new CompiledFolder();
  try {
    const chosen = shapes.filter(({ name }) => names.length === 0 || names.includes(name));
    const loaded: { shape: Shape; number: Compiled; bigint: Compiled }[] = [];
    for (const shape of chosen) {
      const options = { writers: shape.writer === undefined ? [] : [shape.writer.schema], fields: shape.fields };
      const number = await folder.load(shape.schema, { ...options, mapping: { long: 'number' } });
      loaded.push({ shape, number, bigint: await folder.load(shape.schema) });
    }
    return loaded.flatMap(({ shape, number, bigint }) => [
      ...decoding(shape, number, bigint),
      ...encoding(shape, number, bigint),
      ...resolving(shape, number),
      ...narrowing(shape, number),
    ]);
  } finally {
    folder.remove();
  }
}

function avscType(schema: object): avsc.Type {
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema);
}

/** Messages as a consumer meets them: pieces of larger chunks. */
function messagesOf(type: avsc.Type, value: Shape['value']): { readonly messages: Buffer[]; readonly chunks: Chunk[] } {
  const r = random(7);
  const encoded = Array.from({ length: MESSAGES }, () => type.toBuffer(value(r)));
  const chunks: Chunk[] = [];
  const messages: Buffer[] = [];
  for (let i = 0; i < encoded.length; ) {
    const parts: Buffer[] = [];
    let size = 0;
    for (let next = encoded[i]; next !== undefined && size + next.length <= CHUNK; next = encoded[++i]) {
      parts.push(next);
      size += next.length;
    }
    const bytes = Buffer.concat(parts);
    chunks.push({ bytes, count: parts.length });
    let start = 0;
    for (const part of parts) {
      messages.push(bytes.subarray(start, start + part.length));
      start += part.length;
    }
  }
  return { messages, chunks };
}

interface Chunk {
  readonly bytes: Buffer;
  readonly count: number;
}

function decoding(shape: Shape, number: Compiled, bigint: Compiled): CodecResult[] {
  const type = avscType(shape.schema);
  const { messages, chunks } = messagesOf(type, shape.value);
  const contenders = {
    avsc: decodeEach((bytes) => type.fromBuffer(bytes), messages),
    each: decodeEach((bytes) => number.codec.decode(bytes), messages),
    batch: readChunks(number.codec, chunks),
    'each, bigint': decodeEach((bytes) => bigint.codec.decode(bytes), messages),
    'batch, bigint': readChunks(bigint.codec, chunks),
  };
  const targets = { each: 1.6, batch: 2.5 };
  return results(shape, 'decode', messages, contenders, targets);
}

function decodeEach(decode: (bytes: Buffer) => unknown, messages: readonly Buffer[]): () => void {
  return () => {
    for (const message of messages) sink.value = decode(message);
  };
}

function readChunks(codec: Codec<unknown>, chunks: readonly Chunk[]): () => void {
  return () => {
    for (const { bytes, count } of chunks) {
      const reader = new Reader(bytes);
      for (let i = 0; i < count; i++) sink.value = codec.read(reader);
    }
  };
}

function encoding(shape: Shape, number: Compiled, bigint: Compiled): CodecResult[] {
  const type = avscType(shape.schema);
  const r = random(7);
  const values = Array.from({ length: MESSAGES }, () => shape.value(r));
  const messages = values.map((value) => type.toBuffer(value));
  const own = messages.map((message) => bigint.codec.decode(message));
  const writer = new Writer();
  const contenders = {
    avsc: () => {
      for (const value of values) sink.value = type.toBuffer(value);
    },
    each: () => {
      for (const value of values) sink.value = number.codec.encode(value);
    },
    batch: () => {
      writer.reset();
      for (const value of values) number.codec.write(writer, value);
      sink.value = writer.position;
    },
    'each, bigint': () => {
      for (const value of own) sink.value = bigint.codec.encode(value);
    },
  };
  return results(shape, 'encode', messages, contenders, { each: 2.5 });
}

function resolving(shape: Shape, number: Compiled): CodecResult[] {
  const { writer } = shape;
  if (writer === undefined) return [];
  const old = avscType(writer.schema);
  const type = avscType(shape.schema);
  const resolver = type.createResolver(old);
  const { messages } = messagesOf(old, writer.value);
  const decode = number.codec.decoderFor(JSON.stringify(writer.schema));
  const contenders = {
    avsc: decodeEach((bytes) => type.fromBuffer(bytes, resolver), messages),
    each: decodeEach(decode, messages),
  };
  return results(shape, 'resolve', messages, contenders, { each: 1.8 });
}

function narrowing(shape: Shape, number: Compiled): CodecResult[] {
  const { fields } = shape;
  const { readNarrowed } = number;
  if (fields === undefined || readNarrowed === undefined) return [];
  const type = avscType(shape.schema);
  const schema = shape.schema as { readonly fields: readonly { readonly name: string }[] };
  const narrow = avscType({ ...schema, fields: schema.fields.filter(({ name }) => fields.includes(name)) });
  const resolver = narrow.createResolver(type);
  const { messages, chunks } = messagesOf(type, shape.value);
  const read = () => {
    for (const { bytes, count } of chunks) {
      const reader = new Reader(bytes);
      for (let i = 0; i < count; i++) sink.value = readNarrowed(reader);
    }
  };
  return [
    ...results(
      shape,
      `${fields.length} fields`,
      messages,
      {
        avsc: decodeEach((bytes) => type.fromBuffer(bytes), messages),
        batch: read,
      },
      { batch: 5 },
    ),
    ...results(
      shape,
      `${fields.length} fields, avsc resolving`,
      messages,
      {
        avsc: decodeEach((bytes) => narrow.fromBuffer(bytes, resolver), messages),
        batch: read,
      },
      {},
    ),
  ];
}

function results(
  { name }: Shape,
  operation: string,
  messages: readonly Buffer[],
  contenders: { readonly [name: string]: () => void },
  targets: { readonly [name: string]: number },
): CodecResult[] {
  const [peer, ...own] = compare(contenders, MESSAGES);
  if (peer === undefined) return [];
  const bytes = Math.round(messages.reduce((sum, message) => sum + message.length, 0) / messages.length);
  return own.map((measurement) => ({
    shape: name,
    operation: `${operation} ${measurement.name}`,
    bytes,
    target: targets[measurement.name],
    peer,
    own: measurement,
  }));
}

/** What is compared with what, on what machine. */
export function codecsTitle(): string {
  const require = createRequire(import.meta.url);
  const { version } = JSON.parse(readFileSync(require.resolve('avsc/package.json'), 'utf8')) as { version: string };
  return `kgen against avsc ${version}, Node ${process.versions.node}, ${process.arch}`;
}

export function printCodecs(all: readonly CodecResult[], peerName = 'avsc'): string {
  const rows = all.map(({ shape, operation, bytes, target, peer, own }) => [
    shape,
    operation,
    `${bytes} B`,
    `${peer.nanoseconds.toFixed(0)} ns`,
    `${own.nanoseconds.toFixed(0)} ns`,
    `${own.ratio.toFixed(2)}×`,
    target === undefined ? '' : own.ratio >= target ? `≥ ${target}` : `below ${target}`,
  ]);
  const heads = ['shape', 'operation', 'size', peerName, 'kgen', 'ratio', 'target'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [line(heads), ...rows.map(line)].join('\n');
}

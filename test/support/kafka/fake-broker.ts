import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Answer, Message } from '../../../runtime/src/log/kafka/messages/message.ts';
import { WireWriter } from '../../../runtime/src/log/kafka/wire/writer.ts';

export interface FakeRequest {
  readonly key: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string;
  /** Behind the header. */
  readonly body: Buffer;
  readonly socket: Socket;
  /** From 0, in the order in which sockets connected. */
  readonly connection: number;
  /** Sends an answer: the body behind the response header. */
  answer(body: Buffer): void;
}

export interface FakeBroker {
  readonly address: string;
  readonly port: number;
  readonly requests: readonly FakeRequest[];
  /** Sockets that have connected so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Speaks as much of Kafka as a test needs: ApiVersions, and what `handle` answers. */
export async function fakeBroker(
  handle: (request: FakeRequest) => void = () => undefined,
  options: { readonly versions?: readonly (readonly [key: number, min: number, max: number])[] } = {},
): Promise<FakeBroker> {
  const requests: FakeRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    const connection = connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let pending = Buffer.alloc(0);
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const frame = pending.subarray(4, 4 + pending.readInt32BE(0));
        pending = pending.subarray(4 + frame.length);
        const request = parse(frame, socket, connection);
        requests.push(request);
        if (request.key === 18) request.answer(apiVersionsAnswer(options.versions ?? EVERYTHING));
        else handle(request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const EVERYTHING = Array.from({ length: 80 }, (_, key) => [key, 0, 99] as const);

function parse(frame: Buffer, socket: Socket, connection: number): FakeRequest {
  const [key, version, correlationId] = [frame.readInt16BE(0), frame.readInt16BE(2), frame.readInt32BE(4)];
  const nameEnd = 10 + frame.readInt16BE(8);
  const clientId = frame.toString('utf8', 10, nameEnd);
  const tags = Buffer.alloc(isFlexible(key, version) ? 1 : 0);
  return {
    key,
    version,
    correlationId,
    clientId,
    body: frame.subarray(nameEnd + tags.length),
    socket,
    connection,
    answer: (body) => socket.write(answerFrame(correlationId, key === 18 ? body : Buffer.concat([tags, body]))),
  };
}

/** Of what this client sends, SASL alone has versions that are not. */
function isFlexible(key: number, version: number): boolean {
  return key !== 17 && (key !== 36 || version >= 2);
}

/** Size, correlation id, and the rest. */
export function answerFrame(correlationId: number, rest: Buffer): Buffer {
  return new WireWriter()
    .int32(4 + rest.length)
    .int32(correlationId)
    .raw(rest)
    .bytes();
}

function apiVersionsAnswer(versions: readonly (readonly [number, number, number])[]): Buffer {
  const writer = new WireWriter().int16(0);
  writer.array(versions, (each, [key, min, max]) => each.int16(key).int16(min).int16(max).noTags());
  return writer.int32(0).noTags().bytes();
}

export interface FakeTopic {
  readonly name: string;
  readonly id?: string;
  readonly error?: number;
  /** Node and leader epoch of each partition. */
  readonly leaders: readonly (readonly [node: number, leaderEpoch: number])[];
}

/** An answer to Metadata. */
export function metadataAnswer(
  brokers: readonly (readonly [node: number, port: number])[],
  topics: readonly FakeTopic[] = [],
  throttle = 0,
): Buffer {
  const writer = new WireWriter().int32(throttle);
  writer.array(brokers, (each, [node, port]) => each.int32(node).string('127.0.0.1').int32(port).string(null).noTags());
  writer.string('cluster').int32(0);
  writer.array(topics, (each, { name, id = 'S2tra2tra2tra2tra2trag', error = 0, leaders }) => {
    each.int16(error).string(name).uuid(id).boolean(false);
    each.array([...leaders.entries()], (inner, [partition, [node, epoch]]) => {
      inner.int16(0).int32(partition).int32(node).int32(epoch).int32s([]).int32s([]).int32s([]).noTags();
    });
    each.int32(0).noTags();
  });
  return writer.noTags().bytes();
}

/** Takes a message for its key. */
export function isFor(request: FakeRequest, message: Message<never, Answer>): boolean {
  return request.key === message.key;
}

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of a request: `before` the broker gets it the connection is cut, or `after` the broker has done it and before
 * its answer comes through; `late`: the connection is cut at once, and the broker gets the request when `release` is called.
 */
export type Cut = 'before' | 'after' | 'late';

const PRODUCE = 0;

export interface CuttingProxy {
  readonly address: string;
  /** Numbers of the requests that came by, in order. */
  readonly seen: number[];
  /** The next so many requests with this number meet this fate. */
  cut(apiKey: number, fate: Cut, times?: number): void;
  /** So does the request which is this one, counted from 0, of all that come by. */
  cutAt(index: number, fate: Cut): void;
  /** The next so many Produce answers say of their first partition that it failed with this code. */
  refuse(code: number, times: number): void;
  /** Answers to requests with these numbers come so many milliseconds later, and what is behind them on the connection too. */
  slow(apiKeys: readonly number[], ms: number): void;
  /** Cuts and refusals that are still to come. */
  readonly left: number;
  /** Requests that are late go to the broker now; resolves when it has answered them. */
  release(): Promise<void>;
  stop(): Promise<void>;
}

/** Stands between clients and a broker on 127.0.0.1, which seems to be reached through it alone. */
export async function cuttingProxy(broker: string): Promise<CuttingProxy> {
  const port = Number(broker.split(':').at(-1));
  const sockets = new Set<Socket>();
  const seen: number[] = [];
  const late: (() => Promise<void>)[] = [];
  let refusals = { code: 0, times: 0 };
  let slowness: { readonly apiKeys: readonly number[]; readonly ms: number } = { apiKeys: [], ms: 0 };
  const byIndex = new Map<number, Cut>();
  let planned: { readonly apiKey: number; readonly fate: Cut; times: number } | undefined;

  const server: Server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    const cutAll = (): void => {
      client.destroy();
      upstream.destroy();
    };
    let detached = false;
    /** Correlation id of the request whose answer does not come through. */
    let doomed: number | undefined;
    const produced = new Set<number>();
    /** Correlation ids of requests whose answers take long. */
    const slow = new Set<number>();
    let passing = Promise.resolve();
    const pass = (frame: Buffer): void => {
      if (slow.size === 0) {
        client.write(frame);
        return;
      }
      const wait = slow.has(frame.readInt32BE(4)) ? slowness.ms : 0;
      const due = performance.now() + wait;
      passing = passing.then(async () => {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
        slow.delete(frame.readInt32BE(4));
        client.write(frame);
      });
    };
    let answered = (): void => undefined;
    client.on('close', () => {
      if (!detached) upstream.destroy();
    });
    upstream.on('close', () => {
      client.destroy();
      answered();
    });
    onFrames(client, (frame) => {
      if (detached) return;
      const apiKey = frame.readInt16BE(4);
      seen.push(apiKey);
      if (apiKey === PRODUCE) produced.add(frame.readInt32BE(8));
      if (slowness.apiKeys.includes(apiKey)) slow.add(frame.readInt32BE(8));
      const byKey = planned?.apiKey === apiKey && planned.times-- > 0 ? planned.fate : undefined;
      const fate = byKey ?? byIndex.get(seen.length - 1);
      if (fate === 'before') cutAll();
      else if (fate === 'late') {
        detached = true;
        late.push(
          () =>
            new Promise((resolve) => {
              answered = resolve;
              upstream.write(frame);
            }),
        );
        client.destroy();
      } else {
        if (fate === 'after') doomed = frame.readInt32BE(8);
        upstream.write(frame);
      }
    });
    onFrames(upstream, (frame) => {
      if (frame.readInt32BE(4) === doomed) cutAll();
      else if (detached) answered();
      else if (produced.delete(frame.readInt32BE(4)) && refusals.times-- > 0)
        client.write(refused(frame, refusals.code));
      else pass(readdressed(frame, port, (server.address() as AddressInfo).port));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    cut(apiKey, fate, times = 1) {
      planned = { apiKey, fate, times };
    },
    cutAt(index, fate) {
      byIndex.set(index, fate);
    },
    refuse(code, times) {
      refusals = { code, times };
    },
    slow(apiKeys, ms) {
      slowness = { apiKeys, ms };
    },
    get left() {
      return Math.max(0, planned?.times ?? 0) + Math.max(0, refusals.times);
    },
    async release() {
      await Promise.all(late.splice(0).map((send) => send()));
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function onFrames(socket: Socket, handle: (frame: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (data) => {
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const size = 4 + pending.readInt32BE(0);
      handle(pending.subarray(0, size));
      pending = pending.subarray(size);
    }
  });
}

/** Of a flexible version (9 to 12): size, correlation id, tags; topics; name; partitions; index, error code. */
function refused(frame: Buffer, code: number): Buffer {
  const [header, topics] = [9, 1];
  const nameLength = (frame[header + topics] ?? 0) - 1;
  const copy = Buffer.from(frame);
  copy.writeInt16BE(code, header + topics + 1 + nameLength + 1 + 4);
  return copy;
}

/** Metadata and FindCoordinator name the proxy instead of the broker. */
function readdressed(frame: Buffer, from: number, to: number): Buffer {
  const host = Buffer.from('127.0.0.1');
  const address = Buffer.concat([host, Buffer.from([0, 0, from >> 8, from & 255])]);
  const copy = Buffer.from(frame);
  for (let at = copy.indexOf(address); at >= 0; at = copy.indexOf(address, at + 1))
    copy.writeInt32BE(to, at + host.length);
  return copy;
}

import { isIP, type OnReadOpts, connect as plainConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import KafkajsConnection from 'kafkajs/src/network/connection.js';
import type { Clock } from '../../../time/clock.ts';
import { KafkaError } from '../errors.ts';
import { apiVersions } from '../messages/api-versions.ts';
import type { Answer, Message, VersionRange } from '../messages/message.ts';
import { connectFailure, withoutSecrets } from './connect-failure.ts';
import { Deadlines } from './deadlines.ts';
import { FrameReader, readAnswer, requestFrame } from './frames.ts';
import type { Address, ConnectionSettings } from './options.ts';

/** kafkajs's own log is not kept: everything that happens comes as an error to whoever asked. */
const SILENT: KafkajsConnection.Logger = {
  namespace: () => SILENT,
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/**
 * One socket to one broker, over kafkajs's `Connection`: TLS, SASL, correlation ids, the broker's throttling.
 * Requests go out in the order of `send`, at once. It is never opened again: what died in the middle of an answer
 * stays out of step for good.
 */
export class BrokerConnection {
  readonly address: Address;
  readonly #clock: Clock;
  readonly #settings: ConnectionSettings;
  readonly #connection: KafkajsConnection;
  readonly #deadlines: Deadlines;
  #apis: ReadonlyMap<number, VersionRange> = new Map();
  #features: ReadonlyMap<string, number> = new Map();
  #open = true;
  #connected = false;

  private constructor(address: Address, settings: ConnectionSettings, clock: Clock) {
    this.address = address;
    this.#clock = clock;
    this.#settings = settings;
    const { clientId, sasl, requestTimeout, connectionTimeout } = settings;
    const frames = new FrameReader((frame) => this.#answered(frame));
    const guarded = (read: () => void): void => {
      try {
        if (this.#open) read();
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error));
      }
    };
    const connection = new KafkajsConnection({
      ...address,
      clientId,
      logger: SILENT,
      socketFactory: (to) =>
        openSocket(to, settings, {
          buffer: () => frames.target(),
          callback: (count) => {
            guarded(() => frames.filled(count));
            return true;
          },
        }),
      ssl: settings.tls ?? null,
      sasl: sasl === undefined ? null : { ...sasl },
      requestTimeout,
      connectionTimeout,
      enforceRequestTimeout: false,
    });
    this.#connection = connection;
    this.#deadlines = new Deadlines(clock, (what) => this.#fail(`${what} was not answered in time`));
    const queue = connection.requestQueue;
    // As it comes, it wakes up every millisecond for ever.
    const schedule = queue.scheduleCheckPendingRequests;
    queue.scheduleCheckPendingRequests = () => {
      if (queue.pending.length > 0) schedule.call(queue);
    };
    connection.processData = (data) => guarded(() => frames.push(data));
  }

  /** Connects, asks what the broker speaks, authenticates. @throws KafkaError, `fatal` where another try cannot help */
  static async open(
    address: Address,
    settings: ConnectionSettings,
    clock: Clock,
    signal?: AbortSignal,
  ): Promise<BrokerConnection> {
    const opened = new BrokerConnection(address, settings, clock);
    const abort = (): void => opened.close('it is not needed any more');
    signal?.addEventListener('abort', abort);
    let stage: 'connect' | 'talk' | 'authenticate' = 'connect';
    try {
      await opened.#within('connecting', opened.#connect());
      stage = 'talk';
      await opened.#within('the first answer', opened.#negotiate());
      stage = 'authenticate';
      if (settings.sasl !== undefined) await opened.#prove();
      return opened;
    } catch (error) {
      const failure = connectFailure(address, settings, stage, error, opened.#open);
      opened.close('it could not be opened');
      throw failure;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async #connect(): Promise<void> {
    const connected = this.#connection.connect();
    const { socket } = this.#connection;
    if (socket === undefined) {
      await connected;
      return;
    }
    // kafkajs hears the end and errors of a socket, but not that it is closed.
    const closed = new Promise<never>((_, reject) => {
      socket.once('close', () => {
        reject(new Error('closed'));
        this.#fail('the broker closed the connection');
      });
    });
    closed.catch(() => undefined);
    socket.once('end', () => this.#fail('the broker closed the connection'));
    socket.once('error', (error) => this.#fail(`the connection broke: ${error.message}`));
    await Promise.race([connected, closed]);
    this.#connected = true;
  }

  async #negotiate(): Promise<void> {
    this.#apis = new Map([[apiVersions.key, apiVersions.versions]]);
    const answer = await this.send(apiVersions, { software: 'kgen', version: '0' });
    if (answer.error !== 0) throw tooOld('ApiVersions');
    this.#apis = answer.apis;
    this.#features = answer.features;
    this.#connection.setVersions(
      Object.fromEntries(Array.from(answer.apis, ([key, { min, max }]) => [key, { minVersion: min, maxVersion: max }])),
    );
    this.#connection.setSupportAuthenticationProtocol(true);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Finalized features of the cluster, with their level. */
  get features(): ReadonlyMap<string, number> {
    return this.#features;
  }

  /** True where the broker's session ends soon (KIP-368): nothing may be sent before `authenticate` resolved. */
  get mustAuthenticate(): boolean {
    return this.#settings.sasl !== undefined && !this.#connection.isAuthenticated();
  }

  async authenticate(): Promise<void> {
    try {
      await this.#prove();
    } catch (error) {
      const failure = connectFailure(this.address, this.#settings, 'authenticate', error, this.#open);
      this.close('authentication failed');
      throw failure;
    }
  }

  #prove(): Promise<void> {
    return this.#within('authentication', this.#connection.authenticate());
  }

  /**
   * Written before it returns, unless the broker has asked for silence.
   * `timeout` in milliseconds. When it passes, the connection closes: an answer that is late would be taken for another's.
   */
  send<Request, Response extends Answer>(
    message: Message<Request, Response>,
    request: Request,
    timeout: number = this.#settings.requestTimeout,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const { name, key } = message;
      if (!this.#open) {
        reject(new KafkaError('retriable', name, `${name} was not sent: the connection is closed`));
        return;
      }
      const version = commonVersion(message, this.#apis.get(key));
      if (version === undefined) {
        reject(tooOld(name));
        return;
      }
      const correlationId = this.#connection.nextCorrelationId();
      let chunks: readonly Uint8Array[];
      try {
        chunks = requestFrame(message, request, version, correlationId, this.#settings.clientId);
      } catch (error) {
        reject(new KafkaError('fatal', name, `${name} cannot be written: ${textOf(error)}`, { cause: error }));
        return;
      }
      const queue = this.#connection.requestQueue;
      let sent = false;
      this.#deadlines.add(correlationId, name, timeout);
      queue.push({
        entry: {
          apiKey: key,
          apiName: name,
          apiVersion: version,
          correlationId,
          resolve: ({ payload }) => {
            this.#deadlines.remove(correlationId);
            let answer: Response;
            try {
              answer = readAnswer(message, payload, version);
            } catch (error) {
              const kind = message.repeatable ? 'fatal' : 'unknown-outcome';
              reject(new KafkaError(kind, name, `${name} to ${this.#name}: ${textOf(error)}`, { cause: error }));
              this.#fail('an answer could not be read');
              return;
            }
            queue.maybeThrottle(answer.throttle);
            resolve(answer);
          },
          reject: (cause) => {
            this.#deadlines.remove(correlationId);
            reject(this.#unanswered(message, sent, cause));
          },
        },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => {
          sent = true;
          const { socket } = this.#connection;
          socket?.cork();
          for (const chunk of chunks) socket?.write(chunk);
          socket?.uncork();
        },
      });
    });
  }

  get #name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  #unanswered(message: Message<never, Answer>, sent: boolean, cause: unknown): KafkaError {
    const { name, repeatable } = message;
    const reason = withoutSecrets(textOf(cause), this.#settings);
    if (!sent) return new KafkaError('retriable', name, `${name} was not sent to ${this.#name}: ${reason}`);
    const kind = repeatable ? 'retriable' : 'unknown-outcome';
    return new KafkaError(kind, name, `${name} to ${this.#name} has no answer: ${reason}`);
  }

  #answered(frame: Buffer): void {
    const queue = this.#connection.requestQueue;
    const correlationId = frame.readInt32BE(0);
    if (!queue.inflight.has(correlationId)) throw new RangeError('an answer to nothing that was asked');
    queue.fulfillRequest({ correlationId, payload: frame.subarray(4), size: frame.length });
  }

  #fail(reason: string): void {
    this.close(reason);
  }

  /** Rejects at once what has no answer yet. */
  close(reason = 'the connection was closed'): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deadlines.clear();
    const { requestQueue, socket } = this.#connection;
    this.#connection.connectionStatus = 'disconnected';
    requestQueue.rejectAll(new Error(reason));
    requestQueue.destroy();
    // While it still connects, kafkajs calls its timer off only on an error.
    socket?.destroy(this.#connected ? undefined : new Error(reason));
  }

  async #within<T>(what: string, done: Promise<T>): Promise<T> {
    const { connectionTimeout } = this.#settings;
    let callOff = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      callOff = this.#clock.after(connectionTimeout, () =>
        reject(new Error(`${what} took over ${connectionTimeout} ms`)),
      );
    });
    try {
      return await Promise.race([done, late]);
    } finally {
      callOff();
    }
  }
}

function openSocket(
  { host, port, onConnect }: Address & { readonly onConnect: () => void },
  { tls }: ConnectionSettings,
  /** Takes what is read without TLS; with it, `data` comes as an event. */
  onread: OnReadOpts,
): Socket {
  const serverName = isIP(host) === 0 ? { servername: host } : {};
  const socket =
    tls === undefined
      ? plainConnect({ host, port, onread }, onConnect)
      : tlsConnect({ host, port, ...serverName, ...tls }, onConnect);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return socket;
}

function commonVersion(message: Message<never, Answer>, broker: VersionRange | undefined): number | undefined {
  const { min, max } = message.versions;
  if (broker === undefined) return undefined;
  const version = Math.min(max, broker.max);
  return version >= Math.max(min, broker.min) ? version : undefined;
}

function tooOld(name: KafkaError['request']): KafkaError {
  return new KafkaError(
    'fatal',
    name,
    `the broker does not speak the version of ${name} that is needed: Kafka 3.2 or later`,
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

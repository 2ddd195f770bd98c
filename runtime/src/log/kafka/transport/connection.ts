import type { Socket } from 'node:net';
import type { Clock } from '../../../time/clock.ts';
import { KafkaError } from '../errors.ts';
import { apiVersions } from '../messages/api-versions.ts';
import type { Answer, Message, VersionRange } from '../messages/message.ts';
import { connectFailure } from './connect-failure.ts';
import { FrameReader, readAnswer, requestFrame } from './frames.ts';
import type { Address, ConnectionSettings } from './options.ts';
import { PacedWriter } from './paced-writer.ts';
import { PendingAnswers } from './pending-answers.ts';
import { Secrets } from './sasl/secrets.ts';
import { SaslSession } from './sasl/session.ts';
import { BROKER_CLOSED, openSocket } from './socket.ts';

interface Frame {
  readonly chunks: readonly Uint8Array[];
  /** Called when it is written. */
  readonly leaves: () => void;
}

/**
 * One socket to one broker, with who the broker takes it for. Requests go out in the order of `send`, at once, unless the broker
 * asked for silence. It is never opened again: what died in the middle of an answer stays out of step for good.
 */
export class BrokerConnection {
  readonly address: Address;
  readonly #clock: Clock;
  readonly #settings: ConnectionSettings;
  readonly #secrets: Secrets;
  readonly #pending: PendingAnswers;
  readonly #writer: PacedWriter<Frame>;
  readonly #session: SaslSession | undefined;
  #socket: Socket | undefined;
  #apis: ReadonlyMap<number, VersionRange> = new Map();
  #features: ReadonlyMap<string, number> = new Map();
  #open = true;
  /** It has answered more than what it speaks, which brokers tell anybody. */
  #served = false;
  /** Ends what waits for something else than an answer: a socket, a mechanism. */
  #interrupt: ((error: Error) => void) | undefined;

  private constructor(address: Address, settings: ConnectionSettings, clock: Clock) {
    this.address = address;
    this.#clock = clock;
    this.#settings = settings;
    this.#secrets = new Secrets(settings);
    this.#pending = new PendingAnswers(clock, (reason) => this.close(reason));
    this.#writer = new PacedWriter(clock, (frame) => this.#write(frame));
    const { sasl } = settings;
    if (sasl !== undefined)
      this.#session = new SaslSession(sasl, address, { clock, secrets: this.#secrets }, (message, request) =>
        this.send(message, request),
      );
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
      await opened.#within('connecting', () => opened.#connect());
      stage = 'talk';
      await opened.#within('the first answer', () => opened.#negotiate());
      stage = 'authenticate';
      await opened.#prove();
      return opened;
    } catch (error) {
      const failure = connectFailure(address, settings, opened.#secrets, { stage, error, open: opened.#open });
      opened.close('it could not be opened');
      throw failure;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const frames = new FrameReader((frame) => {
        if (this.#open) this.#pending.deliver(frame);
      });
      this.#socket = openSocket(this.address, this.#settings.tls, frames, {
        connected: resolve,
        ended: (reason, cause) => {
          if (cause !== undefined) reject(cause);
          this.close(reason);
        },
      });
    });
  }

  async #negotiate(): Promise<void> {
    this.#apis = new Map([[apiVersions.key, apiVersions.versions]]);
    const answer = await this.send(apiVersions, { software: 'kgen', version: '0' });
    if (answer.error !== 0) throw tooOld('ApiVersions');
    this.#apis = answer.apis;
    this.#features = answer.features;
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
    return this.#session?.isDue === true;
  }

  /** Not to be called again before it has settled. @throws KafkaError; the connection is closed then */
  async authenticate(): Promise<void> {
    try {
      await this.#prove();
    } catch (error) {
      const failure = connectFailure(this.address, this.#settings, this.#secrets, {
        stage: 'authenticate',
        error,
        open: this.#open,
      });
      this.close('authentication failed');
      throw failure;
    }
  }

  async #prove(): Promise<void> {
    const session = this.#session;
    if (session !== undefined) await this.#within('authentication', () => session.authenticate());
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
      const correlationId = this.#pending.nextId();
      let chunks: readonly Uint8Array[];
      try {
        chunks = requestFrame(message, request, version, correlationId, this.#settings.clientId);
      } catch (error) {
        reject(new KafkaError('fatal', name, `${name} cannot be written: ${textOf(error)}`, { cause: error }));
        return;
      }
      let sent = false;
      const answered = (payload: Buffer): void => {
        let answer: Response;
        try {
          answer = readAnswer(message, payload, version);
        } catch (error) {
          const kind = message.repeatable ? 'fatal' : 'unknown-outcome';
          reject(new KafkaError(kind, name, `${name} to ${this.#name}: ${textOf(error)}`, { cause: error }));
          this.close('an answer could not be read');
          return;
        }
        if (name !== 'ApiVersions') this.#served = true;
        this.#writer.silence(answer.throttle);
        resolve(answer);
      };
      const unanswered = (reason: string): void => reject(this.#unanswered(message, sent, reason));
      this.#pending.add(correlationId, { name, answered, unanswered }, timeout);
      const leaves = (): void => {
        sent = true;
      };
      this.#writer.write({ chunks, leaves });
    });
  }

  #write({ chunks, leaves }: Frame): void {
    leaves();
    const socket = this.#socket;
    socket?.cork();
    for (const chunk of chunks) socket?.write(chunk);
    socket?.uncork();
  }

  get #name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  #unanswered(message: Message<never, Answer>, sent: boolean, cause: string): KafkaError {
    const { name, repeatable } = message;
    const reason = this.#secrets.without(cause);
    if (!sent) return new KafkaError('retriable', name, `${name} was not sent to ${this.#name}: ${reason}`);
    const kind = repeatable ? 'retriable' : 'unknown-outcome';
    const stranger = cause === BROKER_CLOSED && !this.#served && this.#settings.sasl === undefined;
    const hint = stranger ? ' (does it demand SASL?)' : '';
    return new KafkaError(kind, name, `${name} to ${this.#name} has no answer: ${reason}${hint}`);
  }

  /** Rejects at once what has no answer yet. */
  close(reason = 'the connection was closed'): void {
    if (!this.#open) return;
    this.#open = false;
    this.#writer.clear();
    this.#pending.giveUp(reason);
    this.#socket?.destroy();
    const interrupt = this.#interrupt;
    // Who waits for an answer knows more of why there is none, and speaks first.
    if (interrupt !== undefined) void this.#clock.turn().then(() => interrupt(new Error(reason)));
  }

  /** One at a time. Ends when it is done, when it takes too long, and when the connection is closed. */
  async #within(what: string, act: () => Promise<void>): Promise<void> {
    if (!this.#open) throw new Error('the connection is closed');
    const { connectionTimeout } = this.#settings;
    let callOff = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      this.#interrupt = reject;
      callOff = this.#clock.after(connectionTimeout, () =>
        reject(new Error(`${what} took over ${connectionTimeout} ms`)),
      );
    });
    try {
      await Promise.race([act(), ended]);
    } finally {
      callOff();
      this.#interrupt = undefined;
    }
  }
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

import type { Answer, Message } from '../messages/message.ts';
import type { BrokerConnection } from './connection.ts';

interface Waiting {
  start(connection: BrokerConnection): void;
  reject(error: unknown): void;
}

/**
 * The way to one broker for one purpose: one connection at a time, opened when it is needed. The order of `send` is the order
 * on the wire, also of what had to wait for a connection or for its authentication.
 */
export class Channel {
  readonly #open: (signal: AbortSignal) => Promise<BrokerConnection>;
  #connection: BrokerConnection | undefined;
  #waiting: Waiting[] = [];
  #preparing = false;
  #closed: Error | undefined;
  readonly #abort = new AbortController();

  constructor(open: (signal: AbortSignal) => Promise<BrokerConnection>) {
    this.#open = open;
  }

  get connection(): BrokerConnection | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined;
  }

  /** True where it was given up here: what had no answer then says nothing of the broker. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Written before it returns where the channel is connected. @throws (asynchronously) KafkaError */
  send<Request, Response extends Answer>(
    message: Message<Request, Response>,
    request: Request,
    timeout?: number,
  ): Promise<Response> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const { connection } = this;
    if (connection !== undefined && this.#waiting.length === 0 && !connection.mustAuthenticate)
      return connection.send(message, request, timeout);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ start: (ready) => ready.send(message, request, timeout).then(resolve, reject), reject });
      void this.#prepare();
    });
  }

  async #prepare(): Promise<void> {
    if (this.#preparing) return;
    this.#preparing = true;
    try {
      if (this.connection === undefined) {
        const opened = await this.#open(this.#abort.signal);
        if (this.#closed !== undefined) opened.close();
        else this.#connection = opened;
      } else if (this.#connection?.mustAuthenticate === true) await this.#connection.authenticate();
      this.#flush();
    } catch (error) {
      this.#rejectAll(error);
    } finally {
      this.#preparing = false;
      // It died again before it carried anything.
      if (this.#waiting.length > 0) void this.#prepare();
    }
  }

  #flush(): void {
    const { connection } = this;
    if (connection === undefined) return;
    for (const { start } of this.#waiting.splice(0)) start(connection);
  }

  #rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Ends the connection: what is under way fails, and the next request opens a new one. */
  drop(reason: string): void {
    this.#connection?.close(reason);
    this.#connection = undefined;
  }

  /** For good. Rejects at once what has no answer yet. */
  close(error: Error): void {
    this.#closed = error;
    this.#abort.abort(error);
    this.#rejectAll(error);
    this.drop(error.message);
  }
}

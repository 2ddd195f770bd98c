import { LogError } from '@kgen/runtime';
import type { Phase } from './phase.ts';
import type { Process, ProcessWorld } from './process.ts';

/** Milliseconds until a client gives up on a request. */
const REQUEST_TIMEOUT = 40;

export interface Request<T> {
  readonly name: string;
  readonly send: () => Promise<T>;
  /** Whether group or transaction coordinator answer it. */
  readonly coordinator: boolean;
  /**
   * What it means that no answer came: `retriable` where the request changes nothing, or may be repeated;
   * `unknown-outcome` where it matters whether it was applied.
   */
  readonly unanswered: 'retriable' | 'unknown-outcome';
  /** How it arrives when the client has given up on it. Default: as `send`. */
  readonly late?: (() => Promise<unknown>) | undefined;
  /** It may arrive twice without harm. */
  readonly repeatable?: boolean;
}

/** The requests of one process, on a network that delays and loses them, to brokers that may be away. */
export class Network {
  readonly #process: Process;
  readonly #world: ProcessWorld;
  /** Requests whose answers are waited for. */
  readonly #waiting = new Set<() => void>();
  readonly #phase: () => Phase;

  constructor(process: Process, world: ProcessWorld) {
    this.#process = process;
    this.#world = world;
    this.#phase = () => process.phase.now();
  }

  /** All connections are cut: nobody knows what became of requests. */
  cut(): void {
    if (this.#waiting.size > 0) this.#process.say(`connections are cut, ${this.#phase()}`);
    for (const lose of [...this.#waiting]) lose();
  }

  async request<T>(request: Request<T>): Promise<T> {
    const { time, chance, faults, weather } = this.#world;
    const { name, send, unanswered } = request;
    const process = this.#process;
    if (process.isDead) return never();
    const matters = unanswered === 'unknown-outcome';
    const rate = matters ? 0.015 : 0.004;
    const strikes = (fault: Parameters<typeof faults.strikes>[0], share = 1): boolean =>
      faults.strikes(fault, rate * share, this.#phase);
    const say = (what: string): void => process.say(`${name}: ${what}, ${this.#phase()}`);

    if (strikes('crash before a request')) {
      say('crash before it');
      process.kill();
      return never();
    }
    if (strikes('short pause')) process.pause(chance.between(1, this.#world.session * 0.8));
    if (strikes('zombie')) process.becomeZombie();
    if (strikes('cut connections', 0.4)) this.cut();
    const now = time.monotonic();
    if (weather.brokerIsAway(now) || (request.coordinator && weather.coordinatorIsAway(now))) {
      return process.answer(Promise.reject(new LogError('retriable', 'nobody is there')));
    }
    if (strikes('lost request')) {
      say('lost');
      return this.#timeOut(unanswered);
    }
    if ((matters || request.late !== undefined) && strikes('late request')) {
      say('arrives late');
      time.after(REQUEST_TIMEOUT * chance.between(0.5, 6), () => {
        process.say(`${name}: arrives, late`);
        (request.late ?? send)().catch((error: unknown) =>
          process.say(`${name}: late, and refused: ${error instanceof Error ? error.message : error}`),
        );
      });
      return this.#timeOut(unanswered);
    }
    // What stands still may have sent its request just before, or is about to.
    if (process.standsStill && chance.hits(0.6)) await new Promise<void>((resolve) => process.deliver(resolve));
    await time.wait(chance.between(0, 1.5));
    if (process.isDead) return never();
    if (matters) process.say(`${name}: arrives`);
    const answer = this.#arrive(request);
    // It may be heard later, or by nobody.
    answer.catch(() => undefined);
    if (strikes('crash after a request')) {
      say('crash after it');
      process.kill();
      return never();
    }
    if (strikes('lost answer')) {
      say('answer lost');
      return this.#timeOut(unanswered);
    }
    if (strikes('zombie', 0.5)) process.becomeZombie();
    if (strikes('short pause', 0.5)) process.pause(chance.between(1, this.#world.session * 0.8));
    if (strikes('slow answer', 2)) await time.wait(chance.between(2, REQUEST_TIMEOUT));
    return process.answer(this.#unlessCut(answer, unanswered));
  }

  async #arrive<T>({ send, repeatable }: Request<T>): Promise<T> {
    const { time, chance, faults } = this.#world;
    const first = send();
    if (repeatable !== true || !faults.strikes('repeated request', 0.02)) return first;
    await first;
    await time.wait(chance.between(0, 3));
    return send();
  }

  #unlessCut<T>(answer: Promise<T>, unanswered: 'retriable' | 'unknown-outcome'): Promise<T> {
    return new Promise((resolve, reject) => {
      const lose = (): void => reject(new LogError(unanswered, 'the connection was cut'));
      this.#waiting.add(lose);
      answer.then(resolve, reject).finally(() => this.#waiting.delete(lose));
    });
  }

  async #timeOut(kind: 'retriable' | 'unknown-outcome'): Promise<never> {
    await this.#world.time.wait(REQUEST_TIMEOUT);
    return this.#process.answer(Promise.reject(new LogError(kind, 'no answer')));
  }
}

export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

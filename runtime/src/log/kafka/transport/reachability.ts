import type { Clock } from '../../../time/clock.ts';
import type { Silence } from '../../port.ts';
import { KafkaError } from '../errors.ts';
import type { Answer, Message } from '../messages/message.ts';

/** Brokers may take their time for these: others are to come first, or topics to be made everywhere. */
const HELD: ReadonlySet<string> = new Set(['JoinGroup', 'SyncGroup', 'CreateTopics', 'DeleteTopics']);

/** Whether brokers answer: one of them is enough. */
export class Reachability {
  readonly #clock: Clock;
  /** What was asked, may not be held back, and has no answer. */
  #asked = 0;
  /** When the first was asked that has had no answer, while others had none either; by the clock's `monotonic`. */
  #since: number | undefined;
  /** Why the last one has none. */
  #reason: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined while brokers answer, or nothing is asked of them. */
  get silence(): Silence | undefined {
    if (this.#since === undefined) return undefined;
    return { lasting: this.#clock.monotonic() - this.#since, reason: this.#reason };
  }

  /** Follows a request from now on to its answer. `isCalledOff`: nobody waits for that one any more. */
  follow({ name }: Message<never, Answer>, answer: Promise<unknown>, isCalledOff: () => boolean = () => false): void {
    const counts = !HELD.has(name);
    if (counts) {
      this.#asked++;
      this.#since ??= this.#clock.monotonic();
    }
    const settled = (error?: unknown): void => {
      if (counts) this.#asked--;
      // What is refused for good was refused by somebody.
      if (!(error instanceof KafkaError) || error.kind === 'fatal') this.#answered();
      else if (!isCalledOff()) this.#reason = error.message;
      else if (this.#asked === 0 && this.#reason === undefined) this.#since = undefined;
    };
    answer.then(() => settled(), settled);
  }

  #answered(): void {
    this.#since = this.#asked > 0 ? this.#clock.monotonic() : undefined;
    this.#reason = undefined;
  }
}

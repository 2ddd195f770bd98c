import type { Layout, LossReason, MembershipListener } from '../log/port.ts';

export type GroupEvent =
  | { readonly kind: 'revoked'; readonly tasks: readonly number[]; readonly done: () => void }
  | { readonly kind: 'assigned'; readonly tasks: readonly number[]; readonly layout: Layout };

/** What the group asked for, until the loop has time for it: between two records, with no checkpoint under way (I4, I6). */
export class Mailbox implements MembershipListener {
  /** Why this member has lost its place: its tasks are others' already. Undefined while it has not. */
  loss: LossReason | undefined;
  lossCause: unknown;
  /** Resolves then. */
  readonly whenLost: Promise<void>;
  readonly #lost: () => void;
  readonly #events: GroupEvent[] = [];
  readonly #arrived: () => void;

  /** `arrived` is called at each event, so that who waits for records looks here. */
  constructor(arrived: () => void) {
    this.#arrived = arrived;
    const lost = Promise.withResolvers<void>();
    this.whenLost = lost.promise;
    this.#lost = lost.resolve;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  take(): GroupEvent | undefined {
    return this.#events.shift();
  }

  revoked(tasks: readonly number[]): Promise<void> {
    return new Promise((done) => this.#add({ kind: 'revoked', tasks, done }));
  }

  assigned(tasks: readonly number[], layout: Layout): void {
    this.#add({ kind: 'assigned', tasks, layout });
  }

  lost(why: LossReason, cause?: unknown): void {
    this.loss = why;
    this.lossCause = cause;
    this.#lost();
    this.#arrived();
  }

  #add(event: GroupEvent): void {
    this.#events.push(event);
    this.#arrived();
  }
}

import { answeredError } from '../errors.ts';
import { type CoordinatorKind, type FindCoordinatorResponse, findCoordinator } from '../messages/find-coordinator.ts';
import type { Answer, Message } from '../messages/message.ts';
import type { Broker } from '../messages/metadata.ts';

type Ask = <Request, Response extends Answer>(
  message: Message<Request, Response>,
  request: Request,
) => Promise<Response>;

/** Which broker coordinates which group, and which transactional id. */
export class Coordinators {
  readonly #ask: Ask;
  readonly #learn: (broker: Broker) => void;
  readonly #known = new Map<string, Promise<number>>();

  constructor(ask: Ask, learn: (broker: Broker) => void) {
    this.#ask = ask;
    this.#learn = learn;
  }

  /** Its node. Who asks while it is being looked up waits for the same answer. @throws KafkaError */
  find(kind: CoordinatorKind, key: string): Promise<number> {
    const name = `${kind} ${key}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = this.#lookUp(kind, key);
    this.#known.set(name, found);
    found.catch(() => {
      if (this.#known.get(name) === found) this.#known.delete(name);
    });
    return found;
  }

  async #lookUp(kind: CoordinatorKind, key: string): Promise<number> {
    const answer: FindCoordinatorResponse = await this.#ask(findCoordinator, { kind, keys: [key] });
    const [found] = answer.coordinators;
    const what = kind === 'group' ? `group ${key}` : `transactional id ${key}`;
    if (found === undefined) throw answeredError('FindCoordinator', 15, what, 'an empty answer');
    if (found.error !== 0) throw answeredError('FindCoordinator', found.error, what, found.message);
    this.#learn(found);
    return found.node;
  }

  /** The next one to ask looks it up anew. */
  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind} ${key}`);
  }
}

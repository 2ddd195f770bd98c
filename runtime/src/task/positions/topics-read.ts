/** Of a lane: the topic that it reads. */
interface Reading {
  readonly topic: string;
  readonly topicId: string;
}

/**
 * Which topics a run reads, by their ids, from one incarnation to the next. Brokers forget the offsets of a topic that is deleted:
 * nothing else tells a job without state that one of that name is another than the one that it was reading (I19).
 */
export class TopicsRead {
  readonly #ids = new Map<string, string>();

  /** Records of them are processed from now on. */
  begun(lanes: readonly Reading[]): void {
    for (const { topic, topicId } of lanes) if (!this.#ids.has(topic)) this.#ids.set(topic, topicId);
  }

  isAnother({ topic, topicId }: Reading): boolean {
    const before = this.#ids.get(topic);
    return before !== undefined && before !== topicId;
  }

  /** Only these are read from now on: the others are given up, and new ones where they come back. */
  keep(topics: ReadonlySet<string>): void {
    for (const topic of this.#ids.keys()) if (!topics.has(topic)) this.#ids.delete(topic);
  }
}

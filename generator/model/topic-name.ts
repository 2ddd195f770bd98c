import type { TopicModel } from './model.ts';
import { isTaken } from './names.ts';

/** What is wrong, and what to do about it. */
export interface Problem {
  readonly reason: string;
  readonly hint: string;
  /** True where a type is not there: no wonder while schemas cannot be read. */
  readonly missingType?: boolean | undefined;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const KAFKA_NAME = /^[a-zA-Z0-9._-]+$/;
const KAFKA_MAX_LENGTH = 249;

/** A topic's key in the config becomes an exported constant. */
export function topicIdProblem(id: string): Problem | undefined {
  const hint = 'Rename it; `name` says what Kafka calls the topic';
  if (!IDENTIFIER.test(id)) return { reason: `${JSON.stringify(id)} cannot name a constant`, hint };
  if (isTaken(id)) return { reason: `'${id}' has a meaning of its own in TypeScript`, hint };
  return undefined;
}

/** Kafka's rules for the names of topics (`org.apache.kafka.common.internals.Topic`). */
export function kafkaNameProblem(name: string): Problem | undefined {
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  if (name === '.' || name === '..') return { reason: `Kafka does not allow the name '${name}'`, hint: 'Rename it' };
  if (!KAFKA_NAME.test(name)) {
    const hint = 'Use ASCII letters, digits, dots, hyphens and underscores';
    return { reason: `Kafka does not allow the name ${shown}`, hint: `${hint}, by the option \`name\`` };
  }
  if (name.length > KAFKA_MAX_LENGTH) {
    const reason = `the name ${shown} has ${name.length} characters`;
    return { reason, hint: `Kafka allows ${KAFKA_MAX_LENGTH}` };
  }
  return undefined;
}

/** Kafka's metrics turn dots into underscores, so that it refuses to create `a.b` beside `a_b`. */
export function collisions(
  topics: readonly Pick<TopicModel, 'id' | 'names'>[],
): readonly { readonly id: string; readonly name: string; readonly other: string }[] {
  const first = new Map<string, string>();
  return topics.flatMap(({ id, names }) =>
    names.flatMap((name) => {
      const key = name.replaceAll('.', '_');
      const other = first.get(key) ?? name;
      first.set(key, other);
      return other === name ? [] : [{ id, name, other }];
    }),
  );
}

import { closest } from '../config/closest.ts';
import type { SubjectNames } from '../config/config.ts';
import type { PulledRegistry, PulledSubject, PulledVersion } from '../sources/registry/load-pulled.ts';
import type { Problem } from './topic-name.ts';

/** The key or value of a topic, as subjects are named after it. */
export interface TopicPart {
  /** Kafka's names of the topic; none where there is a pattern. */
  readonly names: readonly string[];
  readonly pattern?: string | undefined;
  readonly part: 'key' | 'value';
  /** The subject that the config names. */
  readonly subject?: string | undefined;
}

/** The subjects whose schemas a topic's keys or values are written with. `mayBeNew`: one without any version may be among them. */
export function subjectsOf(
  { names, pattern, part, subject }: TopicPart,
  type: string,
  pulled: PulledRegistry,
  naming: SubjectNames = 'topic',
  mayBeNew = false,
): readonly PulledSubject[] | Problem {
  const known = pulled.subjects.map((each) => each.subject);
  const wanted =
    subject !== undefined
      ? [subject]
      : pattern === undefined
        ? names.map((topic) => subjectName({ topic, part, type }, naming))
        : matching(pattern, known, { part, type }, naming);
  const unique = [...new Set(wanted)];
  const missing = unique.find((each) => !known.includes(each));
  if (missing === undefined && unique.length > 0) {
    return pulled.subjects.filter((each) => unique.includes(each.subject));
  }
  if (mayBeNew && unique.length > 0) {
    const newSubject = (each: string): PulledSubject => ({ subject: each, compatibility: '', versions: [] });
    return unique.map((each) => pulled.subjects.find((one) => one.subject === each) ?? newSubject(each));
  }
  const near = missing === undefined ? undefined : closest(missing, known);
  const advice = 'Add it to `registry.subjects` and run `kgen pull`; or name the right one in `subject`';
  const reason =
    missing === undefined ? 'no subject that was pulled is of such a topic' : `subject ${missing} was not pulled`;
  return { reason, hint: near === undefined ? advice : `Did you mean \`subject: '${near}'\`? Else: ${advice}` };
}

/** What a strategy calls the subject of a topic's key or value. */
export function subjectName(
  of: { readonly topic: string; readonly part: 'key' | 'value'; readonly type: string },
  naming: SubjectNames,
): string {
  const { topic, part, type } = of;
  switch (naming) {
    case 'topic':
      return `${topic}-${part}`;
    case 'record':
      return type;
    case 'topic-record':
      return `${topic}-${type}`;
    default:
      return naming(of);
  }
}

/** Of a pattern's topics only the subjects are known: those whose names the strategy gives to a topic that it matches. */
function matching(
  pattern: string,
  known: readonly string[],
  { part, type }: { readonly part: 'key' | 'value'; readonly type: string },
  naming: SubjectNames,
): readonly string[] {
  if (naming === 'record') return [type];
  const expression = new RegExp(`^(?:${pattern})$`);
  const end = naming === 'topic-record' ? `-${type}` : `-${part}`;
  return known.filter((subject) => {
    const topic = subject.slice(0, -end.length);
    return subject.endsWith(end) && expression.test(topic) && subjectName({ topic, part, type }, naming) === subject;
  });
}

/** Every schema of these subjects, each id once: deleted only where it is so in all of them. The newest of a subject last. */
export function versionsOf(subjects: readonly PulledSubject[]): readonly PulledVersion[] {
  const byId = new Map<number, PulledVersion>();
  for (const version of subjects.flatMap(({ versions }) => versions)) {
    if (!version.deleted || !byId.has(version.id)) byId.set(version.id, version);
  }
  return [...byId.values()];
}

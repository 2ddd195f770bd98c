import type { ErrorPolicies, ErrorPolicy } from '@kgen/runtime';
import type { JobSurroundings } from './job-surroundings.ts';
import type { ErrorsModel, InputModel } from './model.ts';
import { kafkaNameProblem } from './topic-name.ts';

const PLACES = ['decode', 'process', 'produce'] as const;

/** What the config's `onError` means. Its form has been checked. */
export function buildErrors(
  config: ErrorPolicies,
  path: string,
  inputs: readonly InputModel[],
  around: JobSurroundings,
): ErrorsModel {
  const deadLetters = new Set<string>();
  const given = PLACES.flatMap((place): [string, ErrorPolicy][] => {
    const policy = config[place];
    if (policy === undefined) return [];
    if (typeof policy === 'object') {
      checkTopic(policy.deadLetter, `${path}.${place}.deadLetter`, inputs, around);
      deadLetters.add(policy.deadLetter);
    }
    return [[place, policy]];
  });
  return { policies: Object.fromEntries(given), deadLetters: [...deadLetters] };
}

function checkTopic(
  name: string,
  path: string,
  inputs: readonly InputModel[],
  { topics, report }: JobSurroundings,
): void {
  const problem = kafkaNameProblem(name);
  if (problem !== undefined) {
    report(path, problem.reason, problem.hint.replace(', by the option `name`', ''));
    return;
  }
  for (const { topic } of inputs) {
    if (topic.names.includes(name) || matches(topic.pattern, name)) {
      report(
        path,
        `the job reads '${name}' as its input '${topic.id}': it would read its own dead letters`,
        'Name another topic',
      );
    }
  }
  const declared = topics.find(({ id }) => id === name);
  if (declared !== undefined && !declared.names.includes(name)) {
    const [first = declared.pattern ?? ''] = declared.names;
    report(path, `Kafka calls topic '${name}' otherwise: ${first}`, "Give Kafka's name of the topic");
  }
}

function matches(pattern: string | undefined, name: string): boolean {
  return pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(name);
}

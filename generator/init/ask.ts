import { cancel, confirm, group, intro, select, text } from '@clack/prompts';
import { isPathInProject } from './path.ts';
import type { Answers } from './plan.ts';

/** Asks what `init` would otherwise take for granted; undefined where the person gives up. */
export async function ask(defaults: Answers): Promise<Answers | undefined> {
  intro('kgen');
  let cancelled = false;
  const folder = (message: string, initialValue: string) => (): Promise<string | symbol> =>
    text({
      message,
      initialValue,
      validate: (value) => (isPathInProject(value ?? '') ? undefined : 'A folder below this one, please'),
    });
  const answers = await group(
    {
      out: folder('Where should generated code go?', defaults.out),
      jobsDir: folder('Where do jobs live?', defaults.jobsDir),
      long: () =>
        select<'bigint' | 'number'>({
          message: 'What are Avro longs in TypeScript?',
          options: [
            { value: 'bigint', label: 'bigint', hint: 'exact' },
            { value: 'number', label: 'number', hint: 'checked: beyond 2^53 it throws' },
          ],
        }),
      workflow: () => confirm({ message: 'Write a GitHub workflow that checks generated code?' }),
    },
    {
      onCancel: () => {
        cancelled = true;
        cancel('Nothing was written.');
      },
    },
  );
  return cancelled ? undefined : { ...defaults, ...answers };
}

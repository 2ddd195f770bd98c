import { cancel, confirm, group, intro, log, select, text } from '@clack/prompts';
import { isPathInProject } from './path.ts';
import type { Answers } from './plan.ts';
import type { Project } from './project.ts';

/** Asks what `init` would otherwise take for granted; undefined where the person gives up. */
export async function ask(
  defaults: Answers,
  { needsModuleType, hasSources }: Pick<Project, 'needsModuleType' | 'hasSources'>,
): Promise<Answers | undefined> {
  intro('kgen');
  const { schemas } = defaults;
  log.info(schemas.length === 0 ? 'No schemas yet: there will be a sample.' : `Schemas: ${schemas.join(', ')}`);
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
      moduleType: () => (needsModuleType ? askForModuleType(hasSources) : Promise.resolve(false)),
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

function askForModuleType(hasSources: boolean): Promise<boolean | symbol> {
  log.warn('package.json says "type": "commonjs". Node takes the generated .ts files for CommonJS then, and fails.');
  const existing = hasSources ? ' The sources you have must then be ES modules.' : '';
  return confirm({ message: `Set "type": "module"?${existing}`, initialValue: !hasSources });
}

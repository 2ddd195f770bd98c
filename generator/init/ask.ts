import type { Readable, Writable } from 'node:stream';
import { cancel, confirm, intro, log, select, text } from '@clack/prompts';
import { isPathInProject } from './path.ts';
import type { Answers } from './plan.ts';
import type { Project } from './project.ts';

/** Where questions are asked: what a person types, what a person sees. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks what `init` would otherwise take for granted; undefined where the person gives up, at whichever question. */
export async function ask(
  defaults: Answers,
  { needsModuleType, hasSources }: Pick<Project, 'needsModuleType' | 'hasSources'>,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): Promise<Answers | undefined> {
  // What a question gives is a symbol where the person pressed Ctrl+C.
  const giveUp = (): undefined => {
    cancel('Nothing was written.', terminal);
  };
  intro('kgen', terminal);
  const { schemas } = defaults;
  log.info(
    schemas.length === 0 ? 'No schemas yet: there will be a sample.' : `Schemas: ${schemas.join(', ')}`,
    terminal,
  );
  const out = await askForFolder('Where should generated code go?', defaults.out, terminal);
  if (typeof out === 'symbol') return giveUp();
  const jobsDir = await askForFolder('Where do jobs live?', defaults.jobsDir, terminal);
  if (typeof jobsDir === 'symbol') return giveUp();
  const long = await select<'bigint' | 'number'>({
    ...terminal,
    message: 'What are Avro longs in TypeScript?',
    options: [
      { value: 'bigint', label: 'bigint', hint: 'exact' },
      { value: 'number', label: 'number', hint: 'checked: beyond 2^53 it throws' },
    ],
  });
  if (typeof long === 'symbol') return giveUp();
  const workflow = await confirm({ ...terminal, message: 'Write a GitHub workflow that checks generated code?' });
  if (typeof workflow === 'symbol') return giveUp();
  const moduleType = needsModuleType && (await askForModuleType(hasSources, terminal));
  if (typeof moduleType === 'symbol') return giveUp();
  return { schemas, out, jobsDir, long, workflow, moduleType };
}

function askForFolder(message: string, initialValue: string, terminal: Terminal): Promise<string | symbol> {
  return text({
    ...terminal,
    message,
    initialValue,
    validate: (value) => (isPathInProject(value ?? '') ? undefined : 'A folder below this one, please'),
  });
}

function askForModuleType(hasSources: boolean, terminal: Terminal): Promise<boolean | symbol> {
  const problem =
    'package.json says "type": "commonjs". Node takes the generated .ts files for CommonJS then, and fails.';
  log.warn(problem, terminal);
  const existing = hasSources ? ' The sources you have must then be ES modules.' : '';
  return confirm({ ...terminal, message: `Set "type": "module"?${existing}`, initialValue: !hasSources });
}

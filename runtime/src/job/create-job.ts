import type { JobDeclaration } from '../task/declaration.ts';
import { JobError } from '../task/job-error.ts';
import type { Job, JobShape } from './declaration.ts';

/**
 * A job of a declaration and its handlers. Generated functions call it: the compiler has checked the handlers there.
 * @throws JobError with code `JOB_HANDLER_MISSING` that names each stream and each timer without a handler
 */
export function createJob<S extends JobShape>(declaration: JobDeclaration, handlers: S['handlers']): Job<S> {
  const onTimer: unknown = Reflect.get(handlers, 'onTimer') ?? {};
  const missing = [
    ...Object.entries(declaration.inputs)
      .filter(([name, { as }]) => as === 'stream' && !hasFunction(handlers, name))
      .map(([name]) => `\`${name}\``),
    ...(declaration.timers ?? []).filter((name) => !hasFunction(onTimer, name)).map((name) => `\`onTimer.${name}\``),
  ];
  if (missing.length === 0) return { declaration, handlers };
  const what = missing.length === 1 ? `no handler ${missing[0]}` : `no handlers ${missing.join(', ')}`;
  throw new JobError(
    'JOB_HANDLER_MISSING',
    `job ${declaration.name} has ${what}: each stream input and each timer needs a function of its name`,
  );
}

function hasFunction(group: unknown, name: string): boolean {
  return typeof group === 'object' && group !== null && typeof Reflect.get(group, name) === 'function';
}

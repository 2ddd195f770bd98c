import type { HookContext, JobHooks } from './handlers.ts';
import { JobError, reasonOf } from './job-error.ts';

/** Calls a hook of a task, if the job has it. @throws JobError with code `JOB_HANDLER_FAILED` */
export async function runHook(
  hooks: JobHooks,
  name: 'onStart' | 'onStop',
  { number, log }: { readonly number: number; readonly log: HookContext['log'] },
): Promise<void> {
  try {
    await hooks[name]?.({ task: number, log });
  } catch (cause) {
    throw new JobError('JOB_HANDLER_FAILED', `task ${number}: ${name} failed: ${reasonOf(cause)}`, { cause });
  }
}

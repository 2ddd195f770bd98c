import type { JobDeclaration } from '../task/declaration.ts';

export type { InputDeclaration, JobDeclaration, StateDeclaration } from '../task/declaration.ts';

/** The types of a job, as its generated file names them. */
export interface JobShape {
  readonly key: unknown;
  readonly handlers: object;
}

/** A job: declaration and handlers. Run it with `run(job, options)`. */
export interface Job<S extends JobShape = JobShape> {
  readonly declaration: JobDeclaration;
  readonly handlers: S['handlers'];
}

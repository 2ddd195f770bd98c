import type { AnyTopic } from '../format/topic.ts';
import type { JobDeclaration } from '../task/declaration.ts';

export type { InputDeclaration, JobDeclaration, StateDeclaration } from '../task/declaration.ts';

/** The types of a job, as its generated file names them. Those that may be left out serve tests: what to send and to read. */
export interface JobShape {
  readonly key: unknown;
  readonly handlers: object;
  readonly streams?: JobTopics;
  readonly tables?: JobTopics;
  readonly outputs?: JobTopics;
  /** As `ctx.state` has it. */
  readonly state?: object;
}

export interface JobTopics {
  readonly [name: string]: AnyTopic;
}

/** A job: declaration and handlers. Run it with `run(job, options)`. */
export interface Job<S extends JobShape = JobShape> {
  readonly declaration: JobDeclaration;
  readonly handlers: S['handlers'];
}

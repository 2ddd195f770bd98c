/// <reference types="node" preserve="true" />
export type { ThreadRunOptions } from './messages.ts';
export { type RunThreadsOptions, runThreads } from './run-threads.ts';

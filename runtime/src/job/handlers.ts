export type { JobLog } from '../ops/job-log.ts';
export type { ListState, MapState, Table, ValueState } from '../state/handles.ts';
export * from '../task/handlers.ts';

import type { JobModel } from '../../model/model.ts';

export interface EmitJobOptions {
  /** What the file's header names: the config, relative to its folder. */
  readonly source: string;
  readonly importExtension: '.ts' | '.js' | '';
}

/** The text of `<out>/<job.path>`. */
export function emitJob(_job: JobModel, _options: EmitJobOptions): string {
  return '';
}

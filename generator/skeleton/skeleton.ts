import type { Finding } from '../finding.ts';
import type { JobModel } from '../model/model.ts';
import type { OutputFile } from '../output/output-file.ts';

export interface SkeletonOptions {
  /** The config's folder, absolute. */
  readonly root: string;
  /** Of the config: `out`, `jobsDir` (default `src/jobs`), `templates`. */
  readonly config: {
    readonly out: string;
    readonly jobsDir?: string | undefined;
    readonly templates?: string | undefined;
  };
  /** What relative imports end in. */
  readonly importExtension: '.ts' | '.js' | '';
}

/** What a job's file has too little or too much of. For people: nothing to fail on, the compiler does that. */
export interface SkeletonNotice {
  /** The user's file, relative to the config's folder. */
  readonly file: string;
  readonly job: string;
  /** Handlers that the job's inputs call for and the file lacks. */
  readonly missing: readonly string[];
  /** Handlers in the file that nothing calls any more. */
  readonly uncalled: readonly string[];
  /** One line, ready to print. */
  readonly message: string;
}

export interface SkeletonPlan {
  /** Job files that do not exist yet. To be created, never overwritten, and no part of the generated set. */
  readonly files: readonly OutputFile[];
  readonly notices: readonly SkeletonNotice[];
  readonly findings: readonly Finding[];
}

/** A job file with handlers added. `text` keeps the file's own line ends. */
export interface AmendedFile {
  /** Relative to the config's folder. */
  readonly path: string;
  readonly text: string;
  readonly added: readonly string[];
}

export interface AmendPlan {
  readonly files: readonly AmendedFile[];
  readonly findings: readonly Finding[];
}

/** What `generate` does about job files: writes those that are missing, and compares the others with the jobs' inputs. */
export async function planSkeletons(_jobs: readonly JobModel[], _options: SkeletonOptions): Promise<SkeletonPlan> {
  return { files: [], notices: [], findings: [] };
}

/** What `generate --amend` does besides: adds the missing handlers to existing job files. Loads ts-morph only when one is missing. */
export async function amendJobs(_jobs: readonly JobModel[], _options: SkeletonOptions): Promise<AmendPlan> {
  return { files: [], findings: [] };
}

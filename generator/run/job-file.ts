import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Job } from '@kgen/runtime';
import { closest } from '../config/closest.ts';
import type { Config } from '../config/config.ts';
import { defaultOf } from '../config/evaluate.ts';
import { loadFailure } from '../config/load-failure.ts';
import { isObject } from '../config/shape.ts';
import type { Finding } from '../finding.ts';

const EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs', '.cts', '.cjs'];

export interface Project {
  /** Absolute: that of the config, or where there is none, where kgen runs. */
  readonly root: string;
  readonly config: Config | undefined;
}

/** `job` is a name in the config, or a file. Returns its absolute path. */
export function findJobFile(
  job: string | undefined,
  cwd: string,
  { root, config }: Project,
): { readonly path: string } | { readonly finding: Finding } {
  const names = Object.keys(config?.jobs ?? {});
  const choice =
    names.length === 0 ? 'Name the file of a job, such as src/jobs/totals.ts' : `The jobs are ${names.join(', ')}`;
  if (job === undefined) return { finding: { reason: 'no job is named', hint: choice } };
  if (names.includes(job)) return fileOf(job, root, config);
  const path = resolve(cwd, job);
  if (looksLikeFile(job) || isFile(path)) {
    if (isFile(path)) return { path };
    return {
      finding: { file: relative(root, path), reason: 'there is no such file', hint: 'Check the path of the job' },
    };
  }
  const near = closest(job, names);
  return {
    finding: {
      reason: `there is no job '${job}'`,
      hint: near === undefined ? choice : `Did you mean '${near}'? ${choice}`,
    },
  };
}

/** Where `generate` puts it, whatever it was renamed to end in. */
function fileOf(
  job: string,
  root: string,
  config: Config | undefined,
): { readonly path: string } | { readonly finding: Finding } {
  const base = join(root, config?.jobsDir ?? 'src/jobs', job);
  const path = EXTENSIONS.map((extension) => base + extension).find(isFile);
  if (path !== undefined) return { path };
  const finding = {
    file: relative(root, `${base}.ts`),
    reason: `job '${job}' has no file`,
    hint: 'Run `kgen generate`, which writes it, or name the file of the job instead',
  };
  return { finding };
}

/** Imports a job's file: its default export. The module hook is there already. */
export async function loadJob(
  path: string,
  { root, config }: Project,
): Promise<{ readonly job: Job } | { readonly finding: Finding }> {
  const file = relative(root, path).replaceAll('\\', '/');
  let module: unknown;
  try {
    module = await import(pathToFileURL(path).href);
  } catch (error) {
    return { finding: loadFailure(error, file, root, config?.out) };
  }
  const job = defaultOf(module);
  if (isJob(job)) return { job };
  const reason = job === undefined ? 'it has no default export' : 'its default export is not a job';
  return {
    finding: { file, reason, hint: 'Export what the generated function of the job gives: `export default job;`' },
  };
}

function isJob(value: unknown): value is Job {
  return (
    isObject(value) &&
    isObject(value['declaration']) &&
    isObject(value['handlers']) &&
    typeof value['declaration']['name'] === 'string' &&
    isObject(value['declaration']['inputs'])
  );
}

function looksLikeFile(job: string): boolean {
  return /[/\\]/.test(job) || EXTENSIONS.some((extension) => job.endsWith(extension));
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

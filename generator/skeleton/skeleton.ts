import { readFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { distinct, type Finding } from '../finding.ts';
import type { JobModel } from '../model/model.ts';
import type { OutputFile } from '../output/output-file.ts';
import { compareHandlers, handlersOf, timerPath, timersOf } from './handlers.ts';
import { renderSkeleton, type Template } from './render.ts';
import { scanHandlers } from './scan.ts';

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
  /** Files where handlers may be missing that kgen did not dare to add. */
  readonly notices: readonly SkeletonNotice[];
  readonly findings: readonly Finding[];
}

const DEFAULT_JOBS_DIR = 'src/jobs';
const TEMPLATE = 'job.ts.hbs';
/** The package's folder, from `generator/skeleton` as from `dist/skeleton`. */
const OWN_TEMPLATES = join(import.meta.dirname, '..', '..', 'templates');

/** What `generate` does about job files: writes those that are missing, and compares the others with the jobs' inputs. */
export async function planSkeletons(jobs: readonly JobModel[], options: SkeletonOptions): Promise<SkeletonPlan> {
  const files: OutputFile[] = [];
  const notices: SkeletonNotice[] = [];
  const findings: Finding[] = [];
  for (const job of jobs) {
    const path = pathOf(job, options);
    if (path === posix.join(slashed(options.config.out), job.path)) {
      const reason = 'job files would take the place of generated files';
      findings.push({ path: 'jobsDir', reason, hint: 'Give your jobs a folder outside of `out`' });
      continue;
    }
    const text = await readJobFile(path, options.root, findings);
    if (text === undefined) continue;
    if (text !== null) {
      const notice = await compareFile(text, job, path);
      if (notice !== undefined) notices.push(notice);
      continue;
    }
    const template = await loadTemplate(options, findings);
    if (template === undefined) continue;
    const rendered = await renderSkeleton(job, moduleOf(job, path, options), template);
    if (typeof rendered === 'string') files.push({ path, text: rendered });
    else findings.push(rendered);
  }
  return { files, notices, findings: distinct(findings) };
}

/** What `generate --amend` does besides: adds the missing handlers to existing job files. Loads ts-morph only when one may be missing. */
export async function amendJobs(jobs: readonly JobModel[], options: SkeletonOptions): Promise<AmendPlan> {
  const files: AmendedFile[] = [];
  const notices: SkeletonNotice[] = [];
  const findings: Finding[] = [];
  for (const job of jobs) {
    const path = pathOf(job, options);
    const text = await readJobFile(path, options.root, findings);
    if (text === undefined || text === null) continue;
    const scan = scanHandlers(text, job.functionName);
    if (scan !== undefined && compareHandlers(job, new Set(scan.names)).missing.length === 0) continue;
    const { amend } = await import('./amend.ts');
    const amended = amend(text, job);
    if (amended.added.length > 0) files.push({ path, text: amended.text, added: amended.added });
    if (amended.unseen !== undefined) notices.push(unseenNotice(path, job, amended.unseen));
    if (amended.problem !== undefined) {
      const { line, column, reason } = amended.problem;
      const calls = [
        ...handlersOf(job).map(({ name, parameter }) => `${name}(${parameter}, ctx)`),
        ...timersOf(job).map(({ name, parameter }) => `${timerPath(name)}(${parameter}, ctx)`),
      ];
      findings.push({
        file: path,
        position: { line, column },
        path: `jobs.${job.name}`,
        reason: `no handlers can be added: ${reason}`,
        hint: `Call ${job.functionName} once, with an object literal, or add by hand what is missing of ${calls.join(', ')}`,
      });
    }
  }
  return { files, notices, findings };
}

/** The job's file relative to the config's folder. */
function pathOf(job: JobModel, { config }: SkeletonOptions): string {
  return posix.join(slashed(config.jobsDir ?? DEFAULT_JOBS_DIR), `${job.name}.ts`);
}

/** What a job's file imports its declaration from. */
function moduleOf(job: JobModel, path: string, { root, config, importExtension }: SkeletonOptions): string {
  // From absolute paths: either folder may lie above the config's.
  const target = relative(dirname(join(root, path)), join(root, slashed(config.out), job.path));
  const specifier = slashed(target).replace(/\.ts$/, importExtension);
  return specifier.startsWith('.') ? specifier : `./${specifier}`;
}

/** The file's text, null where there is none, undefined where it cannot be read. */
async function readJobFile(path: string, root: string, findings: Finding[]): Promise<string | null | undefined> {
  const text = await readText(join(root, path));
  if (text instanceof Error) {
    findings.push({
      file: path,
      reason: `it cannot be read: ${text.message}`,
      hint: 'A job has a file of that name: make room for it',
    });
    return undefined;
  }
  return text;
}

async function compareFile(text: string, job: JobModel, file: string): Promise<SkeletonNotice | undefined> {
  const scan = scanHandlers(text, job.functionName);
  // Handlers that are no object literal are the compiler's to check: kgen has nothing to add.
  if (scan === undefined) return undefined;
  let names: ReadonlySet<string> = new Set(scan.names);
  if (!scan.complete && compareHandlers(job, names).missing.length > 0) {
    const { parseJobFile } = await import('./job-file.ts');
    const parsed = parseJobFile(text, job.functionName);
    if ('reason' in parsed || parsed.unseen.length > 0) return undefined;
    names = parsed.names;
  }
  const { missing, uncalled } = compareHandlers(job, names);
  if (missing.length === 0 && uncalled.length === 0) return undefined;
  const parts = [
    ...(missing.length === 0
      ? []
      : [`lacks ${handlerList(missing)} (\`kgen generate --amend\` adds ${them(missing)})`]),
    ...(uncalled.length === 0 ? [] : [`has ${handlerList(uncalled)}, which nothing calls any more`]),
  ];
  return { file, job: job.name, missing, uncalled, message: `${file} ${parts.join(', and ')}` };
}

function unseenNotice(
  file: string,
  job: JobModel,
  unseen: { readonly in: string; readonly names: readonly string[] },
): SkeletonNotice {
  const { names } = unseen;
  const message = `${file}: ${handlerList(names)} may come from \`${unseen.in}\`; kgen cannot see into it and added nothing`;
  return { file, job: job.name, missing: names, uncalled: [], message };
}

function handlerList(names: readonly string[]): string {
  return `the handler${names.length === 1 ? '' : 's'} ${names.map((name) => `\`${name}\``).join(', ')}`;
}

function them(names: readonly string[]): string {
  return names.length === 1 ? 'it' : 'them';
}

async function loadTemplate({ root, config }: SkeletonOptions, findings: Finding[]): Promise<Template | undefined> {
  if (config.templates !== undefined) {
    const file = posix.join(slashed(config.templates), TEMPLATE);
    const text = await readText(join(root, file));
    if (typeof text === 'string') return { file, text };
    if (text instanceof Error) {
      findings.push({
        file,
        reason: `the template cannot be read: ${text.message}`,
        hint: 'Mend it, or remove it to use the template of kgen',
      });
      return undefined;
    }
  }
  return { file: `kgen/templates/${TEMPLATE}`, text: await readFile(join(OWN_TEMPLATES, TEMPLATE), 'utf8') };
}

async function readText(path: string): Promise<string | null | Error> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'code' in error && error.code === 'ENOENT' ? null : withoutPath(error, path);
  }
}

/** Messages of the file system hold absolute paths: findings are the same on any machine. */
function withoutPath(error: Error, path: string): Error {
  return new Error(error.message.replace(` '${path}'`, '').replace(/, \w+$/, ''));
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

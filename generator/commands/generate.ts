import type { ConfigResult, LoadedConfig } from '../config/load.ts';
import { distinct, type Finding } from '../finding.ts';
import { type Generation, generate } from '../generate.ts';
import { normalizeOut } from '../out-folder.ts';
import { applyWrites } from '../output/write.ts';
import { type FileChange, planWrites } from '../output/write-set.ts';
import { type AmendPlan, amendJobs, planSkeletons, type SkeletonPlan } from '../skeleton/skeleton.ts';
import { type ConfigCall, configOf } from './config.ts';
import { type Console, count, plain, printChanges } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { fromHere, printFindings } from './findings.ts';
import { typeChanges } from './type-changes.ts';
import { writeFailure } from './write-failure.ts';

export interface GenerateOptions extends ConfigCall {
  readonly dryRun?: boolean | undefined;
  readonly amend?: boolean | undefined;
}

/** `kgen generate`: writes what the schemas and the config give, all of it or nothing. */
export async function generateCommand(options: GenerateOptions, console: Console): Promise<number> {
  return generateOnce(await configOf(options), options, console);
}

export async function generateOnce(config: ConfigResult, options: GenerateOptions, console: Console): Promise<number> {
  if ('findings' in config) {
    printFindings(config.findings, config.root, console);
    return WRONG_CALL;
  }
  const generation = await generate(config);
  if (generation.findings.length > 0) return refuse(generation.findings, config, console);

  const skeletonOptions = {
    root: config.root,
    config: config.config,
    importExtension: generation.importExtension.extension,
  };
  const skeletons = await planSkeletons(generation.model.jobs, skeletonOptions);
  const amended: AmendPlan =
    options.amend === true
      ? await amendJobs(generation.model.jobs, skeletonOptions)
      : { files: [], notices: [], findings: [] };
  const writes = planWrites({
    root: config.root,
    out: config.config.out,
    files: generation.files,
    created: skeletons.files,
    amended: amended.files,
  });
  const findings = [...skeletons.findings, ...amended.findings, ...writes.findings];
  if (findings.length > 0) return refuse(findings, config, console);

  printNotices(generation, config, console);
  printChanges(typeChanges(generation, writes.changes, config), console);
  if (options.dryRun === true) {
    printDryRun(writes.changes, config.root, console);
  } else {
    const failure = write(config, writes.changes);
    if (failure !== undefined) return refuse([failure], config, console);
    printSummary(writes.changes, writes.unchanged, config, console);
  }
  printSkeletons(skeletons, amended, config.root, console);
  return FINE;
}

function refuse(findings: readonly Finding[], { root }: LoadedConfig, console: Console): number {
  const each = distinct(findings);
  printFindings(each, root, console);
  console.print(`${console.colors.red(count(each.length, 'finding'))}; nothing was written.`);
  return FINDINGS;
}

function write({ root, config }: LoadedConfig, changes: readonly FileChange[]): Finding | undefined {
  try {
    applyWrites(root, config.out, changes);
    return undefined;
  } catch (error) {
    return writeFailure(error, normalizeOut(config.out));
  }
}

function printNotices({ notices, importExtension }: Generation, { config }: LoadedConfig, console: Console): void {
  for (const notice of notices) console.print(console.colors.dim(plain(notice)));
  if ((config.importExtension ?? 'auto') !== 'auto') return;
  const { extension, reason } = importExtension;
  const end = extension === '' ? 'without an extension' : `with ${extension}`;
  console.print(console.colors.dim(`Imports of generated files end ${end}: ${plain(reason)}.`));
}

function printDryRun(changes: readonly FileChange[], root: string, console: Console): void {
  const { colors } = console;
  const signs = { add: colors.green('+'), change: colors.yellow('~'), remove: colors.red('-') };
  for (const { action, path } of changes) console.print(`${signs[action]} ${plain(fromHere(path, root))}`);
  console.print(
    changes.length === 0
      ? 'Nothing would change.'
      : `${count(changes.length, 'file')} would change; nothing was written.`,
  );
}

function printSummary(
  changes: readonly FileChange[],
  unchanged: number,
  { root, config }: LoadedConfig,
  console: Console,
): void {
  const out = normalizeOut(config.out);
  const inOut = changes.filter(({ path }) => path.startsWith(`${out}/`));
  const number = (action: FileChange['action']): number => inOut.filter((change) => change.action === action).length;
  const parts = [
    [number('add'), 'added'],
    [number('change'), 'changed'],
    [number('remove'), 'removed'],
    [unchanged, 'unchanged'],
  ] as const;
  const name = plain(fromHere(out, root));
  if (inOut.length === 0) {
    console.print(`${name} is up to date (${count(unchanged, 'file')}).`);
    return;
  }
  const text = parts.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`])).join(', ');
  console.print(`${console.colors.green(name)}: ${text}.`);
}

function printSkeletons({ files, notices }: SkeletonPlan, amended: AmendPlan, root: string, console: Console): void {
  const { colors } = console;
  for (const { path } of files) {
    console.print(
      `${colors.green(plain(fromHere(path, root)))}: a new job. Its handlers are yours to write; kgen leaves the file alone.`,
    );
  }
  for (const { path, added } of amended.files) {
    console.print(`${colors.green(plain(fromHere(path, root)))}: added ${added.map(plain).join(', ')}.`);
  }
  const mended = new Set([...amended.files.map(({ path }) => path), ...amended.notices.map(({ file }) => file)]);
  for (const { message } of [...notices.filter(({ file }) => !mended.has(file)), ...amended.notices]) {
    console.print(colors.yellow(plain(message)));
  }
}

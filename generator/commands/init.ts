import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding } from '../finding.ts';
import { isPathInProject } from '../init/path.ts';
import { type Answers, planInit } from '../init/plan.ts';
import { findIn, type Project, readProject } from '../init/project.ts';
import type { OutputFile } from '../output/output-file.ts';
import { readEntry } from '../output/tree.ts';
import { type Console, plain } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { writeFailure } from './write-failure.ts';

export interface InitOptions {
  readonly yes?: boolean | undefined;
  readonly out?: string | undefined;
  readonly jobsDir?: string | undefined;
}

/** `kgen init`: writes a config, a sample, scripts and a CI workflow; overwrites nothing. */
export async function initCommand(options: InitOptions, console: Console): Promise<number> {
  const root = process.cwd();
  const project = readProject(root);
  if (project.packageAbove !== undefined) {
    const reason = `there is no package.json here, but ${project.packageAbove}`;
    printFindings([{ reason, hint: 'Run `kgen init` in that folder, or `npm init` here first' }], root, console);
    return WRONG_CALL;
  }
  const defaults = defaultAnswers(project, options);
  const wrong = [defaults.out, defaults.jobsDir].filter((path) => !isPathInProject(path));
  if (wrong.length > 0) {
    const hint = "Give a folder below this one, such as 'src/generated'";
    printFindings(
      wrong.map((path) => ({ reason: `${plain(path)} is no folder of this project`, hint })),
      root,
      console,
    );
    return WRONG_CALL;
  }
  if (options.yes !== true && !(process.stdin.isTTY && process.stdout.isTTY)) {
    const finding = {
      path: 'init',
      reason: 'it asks, and there is no terminal',
      hint: 'Use --yes to take the defaults',
    };
    printFindings([finding], root, console);
    return WRONG_CALL;
  }
  const answers = options.yes === true ? defaults : await (await import('../init/ask.ts')).ask(defaults, project);
  if (answers === undefined) return FINDINGS;

  const plan = planInit(project, answers);
  const findings = plan.findings.length > 0 ? plan.findings : writeAll(root, plan.files);
  if (findings.length > 0) {
    printFindings(findings, root, console);
    console.print('Nothing was written.');
    return FINDINGS;
  }
  const { colors } = console;
  const width = Math.max(...plan.files.map(({ path }) => path.length));
  if (options.yes !== true) console.print('');
  for (const { path, what } of plan.files)
    console.print(`${colors.green('wrote')} ${plain(path).padEnd(width)}  ${colors.dim(what)}`);
  for (const note of plan.notes) console.print(colors.dim(note));
  console.print(`\n${nextSteps(project, answers)}`);
  return FINE;
}

function defaultAnswers(project: Project, options: InitOptions): Answers {
  const { out = 'src/generated', jobsDir = 'src/jobs' } = options;
  const found = findIn(project.root, '**/*.{avsc,avdl,avpr}');
  const folders = [...new Set(found.map((path) => path.split('/').slice(0, -1)[0] ?? ''))].sort();
  const schemas = folders.map((folder) => `${folder === '' ? '' : `${folder}/**/`}*.{avsc,avdl,avpr}`);
  return { out, jobsDir, schemas, long: 'bigint', workflow: true, moduleType: false };
}

/** All, or none: what was written is removed or put back when a file fails, which is then said. */
function writeAll(root: string, files: readonly OutputFile[]): readonly Finding[] {
  const undo: (() => void)[] = [];
  for (const { path, text } of files) {
    const full = join(root, path);
    try {
      const before = readEntry(full);
      const made = mkdirSync(dirname(full), { recursive: true });
      if (made !== undefined) undo.push(() => rmSync(made, { recursive: true, force: true }));
      undo.push(() => (before.kind === 'file' ? writeFileSync(full, before.text) : rmSync(full, { force: true })));
      writeFileSync(full, text);
    } catch (error) {
      for (const step of undo.reverse()) step();
      return [writeFailure(error, path)];
    }
  }
  return [];
}

function nextSteps(
  { manager, packages, hasTsConfig, needsModuleType }: Project,
  { schemas, jobsDir, moduleType }: Answers,
): string {
  const development = ['kgen', 'typescript', ...(hasTsConfig ? [] : ['@types/node'])].filter(
    (name) => !packages.has(name),
  );
  const steps = [
    ...(needsModuleType && !moduleType
      ? ['npm pkg set type=module, or compile: Node takes .ts files of this package for CommonJS, and fails']
      : []),
    ...(packages.has('@kgen/runtime') ? [] : [`${manager.add} @kgen/runtime`]),
    ...(development.length === 0 ? [] : [`${manager.addDev} ${development.join(' ')}`]),
    `${manager.run} generate`,
    schemas.length === 0
      ? `write what the job does: ${jobsDir}/customer-totals.ts`
      : 'name your topics in the config, and generate again',
    `${manager.run} typecheck`,
  ];
  return ['Next:', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}

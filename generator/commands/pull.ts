import { registryClient } from '@kgen/runtime/registry';
import type { LoadedConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { applyWrites } from '../output/write.ts';
import type { FileChange } from '../output/write-set.ts';
import { LOCKFILE, type Lockfile } from '../sources/registry/lockfile.ts';
import { type Pulled, pull } from '../sources/registry/pull.ts';
import { PULLED_FOLDER } from '../sources/registry/pulled-files.ts';
import { registryOf } from '../sources/registry/registry-of.ts';
import { type ConfigCall, configOf } from './config.ts';
import { type Console, count, plain, printChanges } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { lockChanges } from './lock-changes.ts';
import { lockfileOf, planPull } from './pull-files.ts';
import { registryFailure } from './registry-failure.ts';
import { writeFailure } from './write-failure.ts';

export interface PullCall extends ConfigCall {
  readonly check?: boolean | undefined;
}

/** `kgen pull`: takes the registry's schemas into the project. With `--check` it only tells whether something moved. */
export async function pullCommand(call: PullCall, console: Console): Promise<number> {
  const config = await configOf(call);
  if ('findings' in config) {
    printFindings(config.findings, config.root, console);
    return WRONG_CALL;
  }
  const settings = registryOf(config.config, config.file);
  if ('findings' in settings) {
    printFindings(settings.findings, config.root, console);
    return WRONG_CALL;
  }
  const before = lockfileOf(config.root);
  if (before !== undefined && 'reason' in before) return refuse([before], config, console);
  const client = registryClient(settings.connection);
  try {
    const pulled = await pull(client, settings, before);
    if (pulled.findings.length > 0) {
      const inConfig = (finding: Finding): Finding => ({ file: config.file, ...finding });
      return refuse(pulled.findings.map(inConfig), config, console);
    }
    return settle(call, { config, before, pulled }, console);
  } catch (error) {
    return refuse([registryFailure(error, config.file)], config, console);
  } finally {
    client.close();
  }
}

interface Outcome {
  readonly config: LoadedConfig;
  readonly before: Lockfile | undefined;
  readonly pulled: Pulled;
}

function settle({ check }: PullCall, { config, before, pulled }: Outcome, console: Console): number {
  const { root } = config;
  for (const notice of pulled.notices) console.print(console.colors.dim(plain(notice)));
  const plan = planPull(root, before, pulled);
  if (plan.findings.length > 0) return refuse(plan.findings, config, console);
  const moved = lockChanges(before, pulled);
  printChanges(moved, console);
  const subjects = count(pulled.lockfile.subjects.length, 'subject');
  if (plan.changes.length === 0) {
    console.print(`${LOCKFILE} is up to date (${subjects}).`);
    return FINE;
  }
  if (check === true) {
    const what = moved.length > 0 ? 'The registry has moved on' : 'Files differ from what was pulled';
    console.print(`${console.colors.red(what)}: run \`kgen pull\`.`);
    return FINDINGS;
  }
  const failure = write(root, plan.changes);
  if (failure !== undefined) return refuse([failure], config, console);
  const versions = pulled.lockfile.subjects.reduce((sum, each) => sum + each.versions.length, 0);
  console.print(
    `${console.colors.green(LOCKFILE)}: ${subjects}, ${count(versions, 'version')}. Now run \`kgen generate\`.`,
  );
  return FINE;
}

function write(root: string, changes: readonly FileChange[]): Finding | undefined {
  try {
    applyWrites(root, PULLED_FOLDER, changes);
    return undefined;
  } catch (error) {
    return writeFailure(error, PULLED_FOLDER);
  }
}

function refuse(findings: readonly Finding[], { root }: LoadedConfig, console: Console): number {
  printFindings(findings, root, console);
  console.print(`${console.colors.red(count(findings.length, 'finding'))}; nothing was written.`);
  return FINDINGS;
}

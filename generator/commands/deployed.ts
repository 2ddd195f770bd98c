import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import { generate } from '../generate.ts';
import { presentKeys, presentState } from '../model/present-state.ts';
import { readEntry } from '../output/tree.ts';
import { applyWrites } from '../output/write.ts';
import type { FileChange } from '../output/write-set.ts';
import { keyFindings } from '../schema/deployed-keys.ts';
import { stateFindings } from '../schema/deployed-state.ts';
import { keysLineOf } from '../sources/locked-keys.ts';
import { type LockedState, lineOf } from '../sources/locked-state.ts';
import { LOCKFILE, printLockfile } from '../sources/registry/lockfile.ts';
import { type ConfigCall, configOf } from './config.ts';
import { type Console, count } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { lockfileOf } from './pull-files.ts';
import { writeFailure } from './write-failure.ts';

/** `kgen deployed`: notes with which schemas, and by which keys, the jobs that are being deployed write their state. */
export async function deployedCommand(options: ConfigCall, console: Console): Promise<number> {
  const config = await configOf(options);
  if ('findings' in config) {
    printFindings(config.findings, config.root, console);
    return WRONG_CALL;
  }
  const { root } = config;
  const entry = readEntry(join(root, LOCKFILE));
  const { findings, model } = await generate(config);
  const before = lockfileOf(root);
  const locked = before !== undefined && 'reason' in before ? [before] : [];
  const {
    registry = [],
    subjects = [],
    state = [],
    keys = [],
  } = before === undefined || 'reason' in before ? {} : before;
  const present = presentState(model.jobs);
  const keysNow = presentKeys(model.jobs);
  const all = [...findings, ...locked, ...keyFindings(keysNow, keys), ...stateFindings(present, state)];
  if (all.length > 0) {
    printFindings(all, root, console);
    return FINDINGS;
  }
  const known = new Set(state.map(lineOf));
  const added = present.filter((each) => !known.has(lineOf(each)));
  const knownKeys = new Set(keys.map(keysLineOf));
  const addedKeys = keysNow.filter((each) => !knownKeys.has(keysLineOf(each)));
  if (added.length === 0 && addedKeys.length === 0) {
    console.print(`${LOCKFILE} has the schemas of all state (${count(present.length, 'state')}).`);
    return FINE;
  }
  const text = printLockfile({ registry, subjects, state: [...state, ...added], keys: [...keys, ...addedKeys] });
  const previous = entry.kind === 'file' ? entry.text : undefined;
  const failure = write(root, previous, text);
  if (failure !== undefined) {
    printFindings([failure], root, console);
    return FINDINGS;
  }
  for (const { job } of addedKeys) console.print(`${console.colors.green('+')} ${job}: its keys`);
  for (const each of added) console.print(`${console.colors.green('+')} ${nameOf(each)}`);
  console.print(`${console.colors.green(LOCKFILE)}: commit it with what you deploy.`);
  return FINE;
}

/** All of it or nothing: it may be the only place that knows what was deployed. */
function write(root: string, previous: string | undefined, text: string): Finding | undefined {
  const change: FileChange =
    previous === undefined
      ? { action: 'add', path: LOCKFILE, text }
      : { action: 'change', path: LOCKFILE, text, previous };
  try {
    applyWrites(root, '.', [change]);
    return undefined;
  } catch (error) {
    return writeFailure(error, LOCKFILE);
  }
}

function nameOf({ job, state }: LockedState): string {
  return `${job}.${state}`;
}

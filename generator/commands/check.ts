import type { LoadedConfig } from '../config/load.ts';
import { distinct, type Finding } from '../finding.ts';
import { type Generation, generate } from '../generate.ts';
import { presentKeys, presentState } from '../model/present-state.ts';
import { type Drift, findDrift } from '../output/drift.ts';
import { type FileChange, planWrites } from '../output/write-set.ts';
import { keyFindings } from '../schema/deployed-keys.ts';
import { stateFindings } from '../schema/deployed-state.ts';
import { registryOf } from '../sources/registry/registry-of.ts';
import { checkRegistry, printMoves, type RegistryMoves } from './check-registry.ts';
import { type ConfigCall, configOf } from './config.ts';
import { type Console, count, plain, plainJson, printChanges } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { printFindings } from './findings.ts';
import { lockfileOf } from './pull-files.ts';
import { typeChanges } from './type-changes.ts';

export interface CheckOptions extends ConfigCall {
  readonly types?: boolean | undefined;
  readonly registry?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What `--json` prints. Only additions are made to it within a major version. */
export interface CheckReport {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** Generated files that are not as they should be; their findings are among `findings`. */
  readonly drift: readonly { readonly path: string; readonly kind: Drift['kind']; readonly diff: readonly string[] }[];
  /** What `generate` would change in terms of types, a line each. */
  readonly changes: readonly string[];
  /** With `--registry`. */
  readonly registry?: RegistryMoves | undefined;
}

/** `kgen check`: fails where generated code is not what the schemas and the config give. Writes nothing. */
export async function checkCommand(options: CheckOptions, console: Console): Promise<number> {
  const config = await configOf(options);
  if ('findings' in config) {
    if (options.json === true) printJson({ ok: false, findings: config.findings, drift: [], changes: [] }, console);
    else printFindings(config.findings, config.root, console);
    return WRONG_CALL;
  }
  const settings = options.registry === true ? registryOf(config.config, config.file) : undefined;
  if (settings !== undefined && 'findings' in settings) {
    const { findings } = settings;
    if (options.json === true) printJson({ ok: false, findings, drift: [], changes: [] }, console);
    else printFindings(findings, config.root, console);
    return WRONG_CALL;
  }
  const generation = await generate(config);
  const { drift, changes, findings } = compare(generation, config);
  const state = generation.findings.length === 0 ? checkState(generation, config) : [];
  // The compiler would only repeat what missing or outdated files cause.
  const types = options.types === true && generation.findings.length === 0 ? await checkTypes(config) : [];
  const registry = settings && (await checkRegistry(config, generation, settings));
  const all = distinct([
    ...findings,
    ...state,
    ...drift.map((each) => each.finding),
    ...types,
    ...(registry?.findings ?? []),
  ]);
  const report: CheckReport = {
    ok: all.length === 0,
    findings: all,
    drift: drift.map(({ path, kind, diff }) => ({ path, kind, diff: diff.map(({ sign, text }) => sign + text) })),
    changes: typeChanges(generation, changes, config),
    registry: registry?.moves,
  };
  if (options.json === true) printJson(report, console);
  else printReport(report, config, generation.files.length, options.types === true, console);
  return report.ok ? FINE : FINDINGS;
}

interface Comparison {
  readonly drift: readonly Drift[];
  readonly changes: readonly FileChange[];
  readonly findings: readonly Finding[];
}

function compare(generation: Generation, { root, config }: LoadedConfig): Comparison {
  if (generation.findings.length > 0) return { drift: [], changes: [], findings: generation.findings };
  const { changes, findings } = planWrites({ root, out: config.out, files: generation.files });
  return { drift: findDrift(changes), changes, findings };
}

/** Whether jobs can read the state that deployed versions of them have written. */
function checkState({ model }: Generation, { root, file }: LoadedConfig): readonly Finding[] {
  const lockfile = lockfileOf(root);
  if (lockfile === undefined) return [];
  if ('reason' in lockfile) return [lockfile];
  const found = [
    ...keyFindings(presentKeys(model.jobs), lockfile.keys ?? []),
    ...stateFindings(presentState(model.jobs), lockfile.state ?? []),
  ];
  return found.map((finding) => ({ ...finding, file: finding.file ?? file }));
}

async function checkTypes({ config, root }: LoadedConfig): Promise<readonly Finding[]> {
  const { typeCheck } = await import('./type-check.ts');
  return typeCheck(config, root);
}

function printReport(
  { ok, findings, drift, changes, registry }: CheckReport,
  { root }: LoadedConfig,
  files: number,
  types: boolean,
  console: Console,
): void {
  const { colors } = console;
  if (ok) {
    const verdicts = [
      `${count(files, 'generated file')} up to date`,
      ...(registry === undefined ? [] : ['the registry is as it was pulled']),
      ...(types ? ['the project compiles'] : []),
    ];
    const last = verdicts.pop();
    console.print(verdicts.length === 0 ? `${last}.` : `${verdicts.join(', ')}, and ${last}.`);
    return;
  }
  printChanges(changes, console);
  if (registry !== undefined) printMoves(registry, console);
  printFindings(findings, root, console, (finding) => {
    const diff = drift.find(({ path, kind }) => path === finding.file && kind === 'changed')?.diff ?? [];
    return diff.map((line) => {
      const text = `    ${plain(line.slice(0, 1))} ${plain(line.slice(1))}`;
      return line.startsWith('-') ? colors.red(text) : line.startsWith('+') ? colors.green(text) : colors.dim(text);
    });
  });
  console.print(colors.red(`${count(findings.length, 'finding')}.`));
}

function printJson(report: CheckReport, console: Console): void {
  console.print(plainJson(JSON.stringify(report, null, 2)));
}

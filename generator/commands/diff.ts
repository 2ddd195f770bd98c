import { relative, resolve } from 'node:path';
import { type AvroType, parseSchema, type TypeMapping } from '@kgen/runtime/schema';
import { closest } from '../config/closest.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { rootTypes } from '../inspect/roots.ts';
import { type LocalSchema, localSchemas } from '../model/local-schemas.ts';
import type { TypeModel } from '../model/model.ts';
import { loadTypes } from '../model/types.ts';
import { kindOf } from '../sources/find-files.ts';
import { loadPulled, type PulledSubject, type PulledVersion } from '../sources/registry/load-pulled.ts';
import { latestOf } from '../sources/registry/lockfile.ts';
import { type Comparison, compareSchemas, forbiddenFinding, type Side } from './comparison.ts';
import { configOf } from './config.ts';
import { type Console, count, plainJson } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { fromHere, printAnnotations, printFindings } from './findings.ts';
import { printComparison } from './print-comparison.ts';
import { schemaFileProblem, typesOfFile } from './types-of-file.ts';

export interface DiffOptions {
  /** None: all local schemas. A subject, and versions of it; or two schema files. */
  readonly names: readonly string[];
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Refusal {
  readonly findings: readonly Finding[];
  readonly root: string;
  readonly code: number;
}

interface Outcome {
  /** What files are relative to. */
  readonly root: string;
  readonly comparisons: readonly Comparison[];
  /** Subjects whose newest version is the local schema. */
  readonly same: number;
}

/** `kgen diff`: what lies between the local schemas and those registered, between two versions, or between two files. */
export async function diffCommand(options: DiffOptions, console: Console): Promise<number> {
  const [first = '', second = ''] = options.names;
  const files = options.names.length === 2 && isSchemaFile(first) && isSchemaFile(second);
  const outcome = files ? await diffFiles(first, second) : await diffSubjects(options);
  if ('findings' in outcome) {
    const { findings, root, code } = outcome;
    if (options.json === true) printJson({ ok: false, findings, comparisons: [] }, console);
    else printFindings(findings, root, console);
    return code;
  }
  const { comparisons, same } = outcome;
  const findings = comparisons
    .filter((each) => each.forbidden)
    .map((each) => {
      return forbiddenFinding(each, `the compatibility level ${each.level} of ${each.subject} forbids it`);
    });
  if (options.json === true) {
    printJson({ ok: findings.length === 0, findings, comparisons }, console);
  } else {
    comparisons.forEach((comparison, i) => {
      if (i > 0) console.print('');
      printComparison(comparison, console);
    });
    if (same > 0) console.print(`${count(same, 'local schema')} registered as ${same === 1 ? 'it is' : 'they are'}.`);
  }
  if (options.json !== true) printAnnotations(findings, outcome.root, console);
  return findings.length === 0 ? FINE : FINDINGS;
}

/** What `--json` prints. Only additions are made to it within a major version. */
export interface DiffReport {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly comparisons: readonly Comparison[];
}

function printJson(report: DiffReport, console: Console): void {
  console.print(plainJson(JSON.stringify(report, null, 2)));
}

/** A name that ends as schema files do; no subject is likely to. */
function isSchemaFile(name: string): boolean {
  return kindOf(name) !== undefined;
}

async function diffFiles(first: string, second: string): Promise<Outcome | Refusal> {
  const cwd = process.cwd();
  const roots: (readonly TypeModel[])[] = [];
  const names = [first, second].map((name) => relative(cwd, resolve(cwd, name)).replaceAll('\\', '/'));
  for (const file of names) {
    const unusable = schemaFileProblem(resolve(cwd, file));
    if (unusable !== undefined) return { findings: [{ file, ...unusable }], root: cwd, code: WRONG_CALL };
    const { types, findings } = await typesOfFile(file, cwd, undefined);
    if (findings.length > 0) return { findings, root: cwd, code: FINDINGS };
    roots.push(rootTypes(types));
  }
  const [before = [], after = []] = roots;
  const pairs = pairsOf(before, after);
  if (pairs.length === 0) {
    const holds = (types: readonly TypeModel[]): string =>
      types.map(({ fullName }) => fullName).join(', ') || 'nothing';
    const reason = `the two have no type in common: one defines ${holds(before)}, the other ${holds(after)}`;
    return { findings: [{ reason, hint: 'Name two files of one type' }], root: cwd, code: WRONG_CALL };
  }
  const comparisons = pairs.map(([from, to]) =>
    compareSchemas({
      from: { name: names[0] ?? '', file: names[0], type: from.type },
      to: { name: names[1] ?? '', file: names[1], type: to.type },
      rootName: to.fullName,
      earlier: [{ type: from.type }],
    }),
  );
  return { root: cwd, comparisons, same: 0 };
}

/** Types of one name; or the only ones there are, whatever they are called. */
function pairsOf(
  before: readonly TypeModel[],
  after: readonly TypeModel[],
): readonly (readonly [TypeModel, TypeModel])[] {
  const [from, to] = [before[0], after[0]];
  if (before.length === 1 && after.length === 1 && from !== undefined && to !== undefined) return [[from, to]];
  return before.flatMap((old): readonly (readonly [TypeModel, TypeModel])[] => {
    const now = after.find(({ fullName }) => fullName === old.fullName);
    return now === undefined ? [] : [[old, now]];
  });
}

async function diffSubjects({ names, config: path }: DiffOptions): Promise<Outcome | Refusal> {
  const config = await configOf({ config: path });
  if ('findings' in config) return { ...config, code: WRONG_CALL };
  const { root, file } = config;
  const refused = (code: number, ...findings: readonly Finding[]): Refusal => {
    return { findings: findings.map((finding) => ({ file, ...finding })), root, code };
  };
  const { registry, types: mapping = {} } = config.config;
  if (registry === undefined) {
    const hint =
      "Add `registry: { url: process.env['SCHEMA_REGISTRY_URL'], subjects: ['orders-value'] }`; or name two files";
    return refused(WRONG_CALL, { path: 'registry', reason: 'the config names no Schema Registry', hint });
  }
  const pulled = await loadPulled(registry, root);
  if (pulled.findings.length > 0) return refused(FINDINGS, ...pulled.findings);
  const [name, from, to, ...more] = names;
  if (more.length > 0) {
    return refused(WRONG_CALL, {
      reason: 'too much is named',
      hint: 'Name a subject and up to two versions, or two files',
    });
  }
  const subject = pulled.subjects.find((each) => each.subject === name);
  if (name !== undefined && subject === undefined && !isSchemaFile(name)) {
    return refused(WRONG_CALL, unknownSubject(name, pulled.subjects));
  }
  if (subject !== undefined && from !== undefined && to !== undefined) {
    const versions = [versionOf(subject, from), versionOf(subject, to)] as const;
    const [old, now] = versions;
    if ('reason' in old) return refused(WRONG_CALL, old);
    if ('reason' in now) return refused(WRONG_CALL, now);
    return { root, comparisons: [compareVersions(subject, old, now, mapping)], same: 0 };
  }
  const loaded = await loadTypes(config.config, root, pulled);
  if (loaded.findings.length > 0) return refused(FINDINGS, ...loaded.findings);
  const local = localSchemas(loaded.types, pulled);
  const chosen = chosenSchemas(name, local, config);
  if ('reason' in chosen) return refused(WRONG_CALL, chosen);
  const old = subject === undefined || from === undefined ? undefined : versionOf(subject, from);
  if (old !== undefined && 'reason' in old) return refused(WRONG_CALL, old);
  const changed = chosen.filter((each) => old !== undefined || each.registered !== each.latest);
  const comparisons = changed.map((each) => compareLocal(each, old ?? each.latest, config));
  return { root, comparisons, same: chosen.length - changed.length };
}

function chosenSchemas(
  name: string | undefined,
  local: readonly LocalSchema[],
  { root }: LoadedConfig,
): readonly LocalSchema[] | Finding {
  const subjects = local.map(({ subject }) => subject.subject).join(', ');
  const hint = subjects === '' ? 'Put one where `schemas` in the config finds it' : `There are such of ${subjects}`;
  if (name === undefined) {
    if (local.length > 0) return local;
    return { reason: 'no schema file of the project defines a type of a subject', hint };
  }
  if (!isSchemaFile(name)) {
    const found = local.filter(({ subject }) => subject.subject === name);
    if (found.length > 0) return found;
    const advice = `Name two versions of it, as in \`kgen diff ${name} 1 2\`. ${hint}`;
    return { reason: `no schema file of the project defines the type of ${name}`, hint: advice };
  }
  const file = relative(root, resolve(name)).replaceAll('\\', '/');
  const found = local.filter(({ files }) => files.includes(file));
  if (found.length > 0) return found;
  return { file, reason: 'no subject that was pulled has a type of this file', hint };
}

function compareLocal(
  { subject, latest, type, name, files, registered }: LocalSchema,
  from: PulledVersion,
  { root, config }: LoadedConfig,
): Comparison {
  const [file = ''] = files;
  return compareSchemas({
    subject: subject.subject,
    from: { ...sideOf(from), type: mapped(from, config.types) },
    to: { name: fromHere(file, root), file, type },
    rootName: name,
    earlier: subject.versions.filter(({ deleted, version }) => !deleted && version <= from.version),
    // It would come after the newest version; and what is registered already is not asked about again.
    level: registered === undefined && from === latest ? subject.compatibility : undefined,
  });
}

function compareVersions(
  { subject, versions }: PulledSubject,
  from: PulledVersion,
  to: PulledVersion,
  mapping: TypeMapping,
): Comparison {
  const earlier = versions.filter((each) => each !== to && each.version <= from.version && !each.deleted);
  return compareSchemas({
    subject,
    from: { ...sideOf(from), type: mapped(from, mapping) },
    to: { ...sideOf(to), type: mapped(to, mapping) },
    rootName: subject,
    earlier: earlier.includes(from) ? earlier : [...earlier, from],
  });
}

function sideOf({ version, id, file }: PulledVersion): Side {
  return { name: `version ${version} (id ${id})`, version, id, file };
}

/** With types as the config wants them. */
function mapped({ schema }: PulledVersion, mapping: TypeMapping | undefined): AvroType {
  return parseSchema(schema, mapping ?? {}, { defaults: 'ignore' });
}

function versionOf(subject: PulledSubject, text: string): PulledVersion | Finding {
  const found =
    text === 'latest' ? latestOf(subject) : subject.versions.findLast(({ version }) => String(version) === text);
  if (found !== undefined) return found;
  const versions = subject.versions.map(({ version }) => version).join(', ');
  const reason = `no version ${text} of ${subject.subject} was pulled`;
  return { reason, hint: `There are: ${versions === '' ? 'none' : versions}. For newer ones run \`kgen pull\`` };
}

export function unknownSubject(name: string, subjects: readonly { readonly subject: string }[]): Finding {
  const known = subjects.map(({ subject }) => subject);
  const near = closest(name, known);
  const hint = 'Add it to `registry.subjects` and run `kgen pull`';
  return {
    reason: `no subject ${name} was pulled`,
    hint: near === undefined ? hint : `Did you mean '${near}'? Else: ${hint}`,
  };
}

import {
  isRegistryError,
  type RegistryClient,
  type RegistryError,
  registryClient,
  type SchemaReference,
} from '@kgen/runtime/registry';
import type { LoadedConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { localSchemas } from '../model/local-schemas.ts';
import { type PlannedReference, planRegistrations, type Registration, topicSubjects } from '../model/registrations.ts';
import { loadTypes } from '../model/types.ts';
import { asPulled } from '../sources/registry/as-pulled.ts';
import { NOTHING_PULLED, type PulledRegistry } from '../sources/registry/load-pulled.ts';
import { type Lockfile, latestOf } from '../sources/registry/lockfile.ts';
import { pull } from '../sources/registry/pull.ts';
import { type RegistrySettings, registryOf } from '../sources/registry/registry-of.ts';
import { type Comparison, compareSchemas, forbiddenFinding } from './comparison.ts';
import { configOf } from './config.ts';
import { confirm } from './confirm.ts';
import { type Console, count, plain } from './console.ts';
import { unknownSubject } from './diff.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';
import { fromHere, printFindings } from './findings.ts';
import { printComparison } from './print-comparison.ts';
import { lockfileOf } from './pull-files.ts';
import { registryFailure } from './registry-failure.ts';

export interface RegisterOptions {
  /** None: all. */
  readonly subjects: readonly string[];
  readonly config?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/** `kgen register`: makes local schemas the newest versions of their subjects. */
export async function registerCommand(options: RegisterOptions, console: Console): Promise<number> {
  const config = await configOf({ config: options.config });
  if ('findings' in config) return refuse(WRONG_CALL, config.findings, config, console);
  const settings = registryOf(config.config, config.file);
  if ('findings' in settings) return refuse(WRONG_CALL, settings.findings, config, console);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (options.dryRun !== true && options.yes !== true && !isTerminal) {
    const reason = 'it asks before it registers, and there is no terminal';
    const hint = 'Look at what `--dry-run` says, then use `--yes`';
    return refuse(WRONG_CALL, [{ path: 'register', reason, hint }], config, console);
  }
  const lockfile = lockfileOf(config.root);
  if (lockfile !== undefined && 'reason' in lockfile) return refuse(FINDINGS, [lockfile], config, console);
  const client = registryClient(settings.connection);
  try {
    const registry = await readRegistry(client, config, settings);
    if ('findings' in registry) return refuse(FINDINGS, registry.findings, config, console);
    const loaded = await loadTypes(config.config, config.root, registry.now);
    if (loaded.findings.length > 0) return refuse(FINDINGS, loaded.findings, config, console);
    const chosen = options.subjects.length === 0 ? undefined : options.subjects;
    const all = planRegistrations(config.config, loaded.types, registry.now, undefined);
    const known = [...registry.now.subjects, ...all];
    const unknown = (chosen ?? []).filter((name) => !known.some(({ subject }) => subject === name));
    if (unknown.length > 0) {
      return refuse(
        WRONG_CALL,
        unknown.map((name) => unknownSubject(name, known)),
        config,
        console,
      );
    }
    const plan = chosen === undefined ? all : planRegistrations(config.config, loaded.types, registry.now, chosen);
    const moved = movedOn(plan, lockfile);
    if (moved.length > 0) return refuse(FINDINGS, moved, config, console);
    const local = localSchemas(loaded.types, registry.now).length;
    return await carryOut(plan, options, { client, config, local }, console);
  } catch (error) {
    return refuse(FINDINGS, [registryFailure(error, config.file)], config, console);
  } finally {
    client.close();
  }
}

/** What the registry has now, whatever was pulled: of the config's subjects, and of those that the project may register. */
async function readRegistry(
  client: RegistryClient,
  { config, root }: LoadedConfig,
  settings: RegistrySettings,
): Promise<{ readonly now: PulledRegistry } | { readonly findings: readonly Finding[] }> {
  const existing = await client.subjects();
  // What is missing here is found by whoever reads them together with the registry's.
  const { types } = await loadTypes(config, root);
  const own = new Set([
    ...types.map(({ fullName }) => fullName),
    ...topicSubjects(config).map(({ subject }) => subject),
  ]);
  const wanted = settings.subjects.filter((each) => {
    return typeof each === 'string' ? existing.includes(each) : existing.some((subject) => subject.search(each) >= 0);
  });
  const subjects = [...wanted, ...existing.filter((subject) => own.has(subject))];
  const pulled = await pull(client, { ...settings, subjects, versions: 'all' }, undefined);
  if (pulled.findings.length > 0) return { findings: pulled.findings };
  return { now: asPulled(pulled, NOTHING_PULLED) };
}

/** What others have registered since this project was looked at: nobody here has seen it. */
function movedOn(plan: readonly Registration[], lockfile: Lockfile | undefined): readonly Finding[] {
  return plan.flatMap(({ subject, existing }) => {
    const [before, now] = [lockfile?.subjects.find((each) => each.subject === subject), existing && latestOf(existing)];
    const known = before && latestOf(before);
    if (known === undefined || now === undefined || known.hash === now.hash) return [];
    const reason = `version ${now.version} of ${subject} was registered since the last pull`;
    return [{ path: subject, reason, hint: 'Run `kgen pull`, look at `kgen diff`, and register then' }];
  });
}

interface Surroundings {
  readonly client: RegistryClient;
  readonly config: LoadedConfig;
  /** How many local schemas there are of subjects. */
  readonly local: number;
}

async function carryOut(
  plan: readonly Registration[],
  { dryRun, yes }: RegisterOptions,
  { client, config, local }: Surroundings,
  console: Console,
): Promise<number> {
  const { colors } = console;
  if (plan.length === 0) {
    const none = 'no subject has a type that a schema file of the project defines, and no topic wants one';
    const all = 'all local schemas are registered as they are';
    console.print(`Nothing to register: ${local === 0 ? none : all}.`);
    return FINE;
  }
  const comparisons = plan.map((each) => comparisonOf(each, config));
  plan.forEach((registration, i) => {
    printPlanned(registration, comparisons[i], config, console);
  });
  if (dryRun === true) {
    const refused = comparisons.filter((each) => each?.forbidden === true).length;
    const some = refused === 0 ? '' : `, and ${colors.red(`${refused} of them refused`)}`;
    console.print(`\n${count(plan.length, 'schema')} would be registered${some}. Nothing was done.`);
    return refused === 0 ? FINE : FINDINGS;
  }
  if (yes !== true && !(await confirm({ verb: 'Register', count: plan.length, noun: 'schema' }))) {
    console.print('Nothing was registered.');
    return FINDINGS;
  }
  console.print('');
  const versions = new Map<string, number>();
  for (const registration of plan) {
    const { subject, schema } = registration;
    const references = resolved(registration.references, versions);
    if ('reason' in references) return stopped([references], versions.size, config, console);
    try {
      const id = await client.register(subject, { schema, references });
      const registered = await client.lookup(subject, { schema, references });
      versions.set(subject, registered?.version ?? 1);
      const what = registered === undefined ? `id ${id}` : `version ${registered.version} (id ${id})`;
      console.print(`${colors.green('registered')} ${plain(subject)}  ${what}`);
    } catch (error) {
      const refusal = isIncompatible(error)
        ? refusalOf(registration, comparisons[plan.indexOf(registration)], error)
        : registryFailure(error, config.file);
      return stopped([refusal], versions.size, config, console);
    }
  }
  console.print(`Now run \`kgen pull\`${missingSubjects(plan, config)}.`);
  return FINE;
}

function comparisonOf(
  { subject, name, type, files, existing }: Registration,
  { root }: LoadedConfig,
): Comparison | undefined {
  const from = existing && latestOf(existing);
  if (existing === undefined || from === undefined) return undefined;
  const { version, id, file } = from;
  return compareSchemas({
    subject,
    from: { name: `version ${version} (id ${id})`, version, id, file, type: from.type },
    to: { name: fromHere(files[0] ?? '', root), file: files[0], type },
    rootName: name,
    earlier: existing.versions.filter(({ deleted }) => !deleted),
    level: existing.compatibility,
  });
}

function printPlanned(
  { subject, files, references }: Registration,
  comparison: Comparison | undefined,
  { root }: LoadedConfig,
  console: Console,
): void {
  const { colors, print } = console;
  if (comparison === undefined) {
    print(`${colors.bold(plain(subject))}  new -> ${plain(fromHere(files[0] ?? '', root))}`);
  } else printComparison(comparison, console);
  for (const { name, subject: other, version } of references) {
    const which = version === undefined ? 'its new version' : `version ${version}`;
    print(`  refers to ${plain(name)} in ${plain(other)}, ${which}`);
  }
}

/** With the versions of what was registered a moment ago. */
function resolved(
  references: readonly PlannedReference[],
  versions: ReadonlyMap<string, number>,
): readonly SchemaReference[] | Finding {
  const found: SchemaReference[] = [];
  for (const { name, subject, version = versions.get(subject) } of references) {
    if (version === undefined) {
      const reason = `${name} is in ${subject}, which refers back to it: neither can be registered first`;
      return { path: subject, reason, hint: 'Put the types that refer to each other into one schema' };
    }
    found.push({ name, subject, version });
  }
  return found;
}

function isIncompatible(error: unknown): error is RegistryError {
  return isRegistryError(error) && error.status === 409;
}

/** A registry's own words are long; where we find the same they are left out. */
function refusalOf(
  { subject, existing, files }: Registration,
  comparison: Comparison | undefined,
  error: RegistryError,
): Finding {
  const reason = `the registry refuses it: ${subject} has the compatibility level ${existing?.compatibility ?? 'of all'}`;
  if (comparison?.forbidden === true) return forbiddenFinding(comparison, reason);
  const hint = 'Change the schema so that the level holds';
  return { file: files[0], path: subject, reason: `${reason}\n${error.message}`, hint };
}

function stopped(findings: readonly Finding[], registered: number, { root }: LoadedConfig, console: Console): number {
  printFindings(findings, root, console);
  const some =
    registered === 0
      ? 'nothing was registered'
      : `${count(registered, 'schema')} registered before it; run \`kgen pull\``;
  console.print(`${console.colors.red(count(findings.length, 'finding'))}; ${some}.`);
  return FINDINGS;
}

function missingSubjects(plan: readonly Registration[], { config }: LoadedConfig): string {
  const wanted = config.registry?.subjects ?? [];
  const missing = plan.filter(({ subject }) => {
    return !wanted.some((each) => (typeof each === 'string' ? each === subject : subject.search(each) >= 0));
  });
  const names = missing.filter(({ existing }) => existing === undefined).map(({ subject }) => `'${subject}'`);
  return names.length === 0 ? '' : `, with ${names.map(plain).join(', ')} in \`registry.subjects\``;
}

function refuse(
  code: number,
  findings: readonly Finding[],
  { root, file }: { readonly root: string; readonly file?: string | undefined },
  console: Console,
): number {
  printFindings(
    findings.map((finding) => ({ file, ...finding })),
    root,
    console,
  );
  console.print(`${console.colors.red(count(findings.length, 'finding'))}; nothing was registered.`);
  return code;
}

import { registryClient } from '@kgen/runtime/registry';
import type { LoadedConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { type Generation, generate } from '../generate.ts';
import { asPulled } from '../sources/registry/as-pulled.ts';
import { loadPulled } from '../sources/registry/load-pulled.ts';
import { LOCKFILE } from '../sources/registry/lockfile.ts';
import { pull } from '../sources/registry/pull.ts';
import type { RegistrySettings } from '../sources/registry/registry-of.ts';
import { type Console, printChanges } from './console.ts';
import { lockChanges } from './lock-changes.ts';
import { lockfileOf } from './pull-files.ts';
import { registryFailure } from './registry-failure.ts';
import { modelChanges } from './type-changes.ts';

/** What has happened in a registry since it was pulled. */
export interface RegistryMoves {
  /** New versions, changed compatibility, what was deleted: a line each. */
  readonly moved: readonly string[];
  /** What a pull would change in generated types, and which jobs that touches: a line each. */
  readonly changes: readonly string[];
}

export interface RegistryCheck {
  readonly moves: RegistryMoves;
  readonly findings: readonly Finding[];
}

/** Asks the registry, and generates in memory from what it says. Writes nothing. */
export async function checkRegistry(
  { config, root, file }: LoadedConfig,
  generation: Generation,
  settings: RegistrySettings,
): Promise<RegistryCheck> {
  const nothing: RegistryMoves = { moved: [], changes: [] };
  const before = lockfileOf(root);
  // Generating has said what is wrong with the lockfile.
  if (before === undefined || 'reason' in before) return { moves: nothing, findings: [] };
  const client = registryClient(settings.connection);
  try {
    const pulled = await pull(client, settings, before);
    if (pulled.findings.length > 0) {
      return { moves: nothing, findings: pulled.findings.map((finding) => ({ file, ...finding })) };
    }
    const moved = lockChanges(before, pulled);
    if (moved.length === 0) return { moves: nothing, findings: [] };
    const now = asPulled(pulled, await loadPulled(config.registry, root));
    const next = await generate({ config, root, file, pulled: now });
    const known = new Set(generation.findings.map((finding) => JSON.stringify(finding)));
    const broken = next.findings.filter((finding) => !known.has(JSON.stringify(finding)));
    const findings = [
      { file: LOCKFILE, reason: 'the registry has moved on', hint: 'Run `kgen pull`, then `kgen generate`' },
      ...broken.map((finding) => ({ ...finding, reason: `with what the registry has now: ${finding.reason}` })),
    ];
    return { moves: { moved, changes: modelChanges(generation.model, next.model) }, findings };
  } catch (error) {
    return { moves: nothing, findings: [registryFailure(error, file)] };
  } finally {
    client.close();
  }
}

export function printMoves({ moved, changes }: RegistryMoves, console: Console): void {
  if (moved.length === 0) return;
  console.print(console.colors.bold('In the registry, since it was pulled:'));
  printChanges(moved, console);
  if (changes.length === 0) {
    console.print(console.colors.dim('No generated type would change.'));
    return;
  }
  console.print(console.colors.bold('In generated types, once it is pulled:'));
  printChanges(changes, console);
}

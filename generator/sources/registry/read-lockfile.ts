import type { SchemaReference } from '@kgen/runtime/registry';
import { type Json, parseJson, writeJson } from '@kgen/runtime/schema';
import type { Finding } from '../../finding.ts';
import { compare } from '../find-files.ts';
import { readLockedKeys } from '../locked-keys.ts';
import { readLockedStates } from '../locked-state.ts';
import { LOCKFILE, type LockedSubject, type LockedVersion, type Lockfile } from './lockfile.ts';

type Members = { readonly [name: string]: Json | undefined };

/** What a lockfile says, or what is wrong with it. It is no more to be trusted than any other file of a repository. */
export function parseLockfile(text: string): Lockfile | Finding {
  const wrong = (reason: string, hint = HINT): Finding => ({ file: LOCKFILE, reason, hint });
  const marker = /^(<{7}|={7}|>{7})/m.exec(text);
  if (marker !== null) {
    const line = text.slice(0, marker.index).split('\n').length;
    const hint = 'Resolve the conflict (lines of both sides may stay), then run `kgen pull`';
    return { ...wrong('it holds conflict markers of a merge', hint), position: { line, column: 1 } };
  }
  let json: Json;
  try {
    // Defaults of longs are beyond what JavaScript's own numbers hold.
    json = parseJson(text);
  } catch (error) {
    return wrong(`it is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  try {
    return readLockfile(json);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const HINT = 'Restore it from version control; or remove it, and run `kgen pull`';

/** @throws Error, whose message says what is wrong with a lockfile's JSON */
function readLockfile(json: Json): Lockfile {
  const { lockfileVersion, registry, subjects, state, keys } = members(json, 'the file');
  if (lockfileVersion !== 1) {
    throw new Error(`its \`lockfileVersion\` is ${writeJson(lockfileVersion ?? null)}, and this kgen reads 1`);
  }
  const read = Object.entries(members(subjects, '`subjects`')).map(([name, value]) => subject(name, value));
  return {
    registry: list(registry, '`registry`').map((url) => text(url, 'a URL in `registry`')),
    subjects: read.sort((a, b) => compare(a.subject, b.subject)),
    ...(state === undefined ? {} : { state: readLockedStates(state) }),
    ...(keys === undefined ? {} : { keys: readLockedKeys(keys) }),
  };
}

function subject(name: string, value: Json | undefined): LockedSubject {
  const at = `subject ${JSON.stringify(name)}`;
  const { compatibility, versions } = members(value, at);
  const read = list(versions, `\`versions\` of ${at}`).map((each) => version(each, at));
  const keys = new Set(read.map(({ version: number, id }) => `${number} ${id}`));
  if (keys.size !== read.length) throw new Error(`${at} has a version twice`);
  return {
    subject: name,
    compatibility: text(compatibility, `\`compatibility\` of ${at}`),
    versions: read.sort((a, b) => a.version - b.version || a.id - b.id),
  };
}

function version(value: Json, at: string): LockedVersion {
  const { version: number, id, hash, references, deleted } = members(value, `a version of ${at}`);
  const where = `version ${String(number)} of ${at}`;
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw new Error(`${where} has no valid \`hash\``);
  return {
    version: integer(number, 1, `\`version\` in ${at}`),
    id: integer(id, 0, `\`id\` of ${where}`),
    hash,
    references: references === undefined ? [] : list(references, where).map((each) => reference(each, where)),
    deleted: deleted === true,
  };
}

function reference(value: Json, at: string): SchemaReference {
  const each = members(value, `a reference of ${at}`);
  return {
    name: text(each['name'], `\`name\` of a reference of ${at}`),
    subject: text(each['subject'], `\`subject\` of a reference of ${at}`),
    version: integer(each['version'], 1, `\`version\` of a reference of ${at}`),
  };
}

function members(value: Json | undefined, what: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw new Error(`${what} is not an object`);
}

function list(value: Json | undefined, what: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new Error(`${what} is not a list`);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${what} is not text`);
}

function integer(value: unknown, least: number, what: string): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= 0x7fffffff) return Number(value);
  throw new Error(`${what} is not an integer from ${least} to 2147483647`);
}

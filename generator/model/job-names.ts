import { posix } from 'node:path';
import type { FormatModel } from './model.ts';
import { isDevice, isTaken } from './names.ts';

/** Names of `Object.prototype`: an object literal seems to have them, whether it declares them or not. */
const INHERITED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  // Not in every host, and always special in a literal.
  '__proto__',
]);

const KEBAB = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_LENGTH = 100;

/** What handlers hold beside one for each stream input. */
export const HOOKS: readonly string[] = ['onError', 'onStart', 'onStop', 'onTimer', 'watermarks'];

export interface JobNames {
  readonly functionName: string;
  readonly typeName: string;
  /** Relative to `out`. */
  readonly path: string;
}

/** What is wrong with a job's name, as `reason` and `hint`; undefined where nothing is. */
export function jobNameProblem(name: string): { readonly reason: string; readonly hint: string } | undefined {
  if (!KEBAB.test(name)) {
    const proposed = words(name).join('-').toLowerCase();
    const example = KEBAB.test(proposed) ? proposed : 'airport-delays';
    return {
      reason: `job name ${JSON.stringify(name)} is not kebab-case`,
      hint: `Use small letters, digits and single hyphens, and begin with a letter: '${example}'`,
    };
  }
  if (name.length > MAX_LENGTH) {
    return {
      reason: `job name '${name.slice(0, 20)}…' has ${name.length} characters`,
      hint: `Topics and files are named after it: keep it within ${MAX_LENGTH}`,
    };
  }
  if (isDevice(name)) {
    return {
      reason: `'${name}' is a device on Windows and cannot name a file there`,
      hint: `Rename it, for instance to '${name}-job'`,
    };
  }
  return undefined;
}

/** Identifiers and file of a job whose name has no problem. */
export function jobNames(name: string): JobNames {
  const parts = name.split('-');
  const typeName = parts.map(capitalize).join('');
  const functionName = uncapitalize(typeName);
  return {
    // The skeleton's constant is called `job`.
    functionName: isTaken(functionName) || functionName === 'job' ? `${functionName}_` : functionName,
    typeName: isTaken(typeName) ? `${typeName}_` : typeName,
    path: posix.join('jobs', `${name}.ts`),
  };
}

/** True for names that may become a property of handlers, state or outputs. */
export function isUsableProperty(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !INHERITED.has(name);
}

/** What a handler calls the value of its record: `flight` for a `Flight`, else `value`. */
export function parameterName(value: FormatModel): string {
  if (!('types' in value) || value.types.length !== 1) return 'value';
  const type = value.types[0]?.type;
  if (type === undefined || 'primitive' in type) return 'value';
  const simple = type.fullName.slice(type.fullName.lastIndexOf('.') + 1);
  const name = uncapitalize(
    words(simple)
      .map((word) => capitalize(word.toLowerCase()))
      .join(''),
  );
  const usable = /^[a-z]\w*$/.test(name) && !isTaken(name) && name !== 'ctx' && name.length <= 40;
  return usable ? name : 'value';
}

/** `HTTPRequest_v2` → HTTP, Request, v, 2 */
function words(name: string): string[] {
  return name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function uncapitalize(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}

import { type AvroType, partsOf } from '@kgen/runtime/schema';
import type { LoadedConfig } from '../config/load.ts';
import type { Generation } from '../generate.ts';
import type { AvroReference, FormatModel, JobModel, Model, TypeModel } from '../model/model.ts';
import { normalizeOut } from '../out-folder.ts';
import { type PreviousTypes, readPreviousTypes } from '../output/previous-types.ts';
import type { FileChange } from '../output/write-set.ts';
import { changeText, describeChanges } from '../schema/changes.ts';

/**
 * What changed in terms of types, and which jobs it touches, a line each:
 * `~ us.bts.Flight  + cause: DelayCause | null  (used by: airport-delays)`. Call it before anything is written.
 */
export function typeChanges(
  { model }: Generation,
  changes: readonly FileChange[],
  { root, config }: LoadedConfig,
): readonly string[] {
  const types = `${normalizeOut(config.out)}/types/`;
  if (!changes.some(({ path }) => path.startsWith(types))) return [];
  const previous = readPreviousTypes(root, config.out);
  return previous.byPath.size === 0 ? [] : changesOfTypes(previous, model);
}

/** The same between two models. */
export function modelChanges(before: Model, after: Model): readonly string[] {
  const named = new Map(
    before.types.filter(({ type }) => 'name' in type).map(({ fullName, type }) => [fullName, type]),
  );
  const byPath = new Map(before.types.map(({ path, type }) => [path, type]));
  return changesOfTypes({ named, byPath }, after);
}

function changesOfTypes(previous: PreviousTypes, model: Model): readonly string[] {
  const current = new Set(model.types.map(({ fullName }) => fullName));
  const paths = new Set(model.types.map(({ path }) => path));
  const uses = new Map(model.jobs.map((job) => [job.name, typesOf(job)]));
  const lines: [name: string, line: string][] = [];
  for (const { fullName, type, path } of model.types) {
    const before = 'name' in type ? previous.named.get(fullName) : previous.byPath.get(path);
    const users = model.jobs.filter(({ name }) => uses.get(name)?.has(type)).map(({ name }) => name);
    const used = users.length === 0 ? '' : `  (used by: ${users.join(', ')})`;
    if (before === undefined) lines.push([fullName, `+ ${fullName}${used}`]);
    else {
      const differences = describeChanges(before, type).map(changeText);
      if (differences.length > 0) lines.push([fullName, `~ ${fullName}  ${differences.join(', ')}${used}`]);
    }
  }
  for (const name of previous.named.keys()) {
    if (!current.has(name)) lines.push([name, `- ${name}`]);
  }
  for (const [path, type] of previous.byPath) {
    if (!('name' in type) && !paths.has(path)) lines.push([path, `- ${path}`]);
  }
  return lines.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}

/** All types that a job's inputs, outputs and state are made of. */
function typesOf(job: JobModel): ReadonlySet<AvroType> {
  const found = new Set<AvroType>();
  const add = (type: AvroType): void => {
    if (found.has(type)) return;
    found.add(type);
    for (const part of partsOf(type)) add(part);
  };
  const addFormat = (format: FormatModel): void => {
    if ('types' in format) for (const reference of format.types) add(typeOf(reference));
  };
  for (const topic of [...job.inputs.map((input) => input.topic), ...job.outputs]) {
    addFormat(topic.key);
    addFormat(topic.value);
  }
  for (const { value, key } of job.state) {
    add(typeOf(value));
    if (key !== undefined) add(typeOf(key));
  }
  return found;
}

function typeOf({ type }: AvroReference): AvroType {
  return 'primitive' in type ? type.primitive : (type as TypeModel).type;
}

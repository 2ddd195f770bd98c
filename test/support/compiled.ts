import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Codec, Reader } from '@kgen/runtime';
import {
  type AvroType,
  parseJson,
  planRead,
  type RecordType,
  readSchemas,
  simpleName,
  type TypeMapping,
} from '@kgen/runtime/schema';
import { Printer } from '../../generator/emit/printer.ts';
import {
  type EmitContext,
  emitCodecs,
  emitContext,
  emitIndex,
  emitReader,
  emitType,
} from '../../generator/emit/types/index.ts';
import type { TypeModel } from '../../generator/model/model.ts';
import { nameTypes } from '../../generator/model/names.ts';
import type { OutputFile } from '../../generator/output/output-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface CompileOptions {
  readonly mapping?: TypeMapping | undefined;
  /** Schemas of earlier writers of the root. */
  readonly writers?: readonly object[] | undefined;
  /** Top-level fields of the root to which a reader is narrowed. */
  readonly fields?: readonly string[] | undefined;
}

/** Generated files of one schema, and what they are about. */
export interface Generated {
  readonly root: TypeModel;
  readonly types: readonly TypeModel[];
  readonly files: readonly OutputFile[];
}

/** Prints all files of a schema; its root is called `Root` where it has no name. */
export function generateFor(schema: unknown, options: CompileOptions = {}): Generated {
  const { mapping = {}, writers = [], fields } = options;
  const document = { source: 'schema.avsc', schema: parseJson(JSON.stringify(schema)) };
  const { roots, named, problems } = readSchemas([document], mapping);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const all = [...named].map(([fullName, { type }]) => ({ fullName, type: type as AvroType, named: true }));
  const rootType = roots[0];
  if (rootType === undefined) throw new Error('no root');
  if (!('name' in rootType)) all.push({ fullName: 'root', type: rootType, named: false });
  const names = nameTypes(all);
  const types = all.map(({ fullName, type }, index): TypeModel => {
    const { identifier = '', path = '' } = names[index] ?? {};
    return { fullName, type, identifier, path, source: 'schema.avsc' };
  });
  const root = types.find(({ type }) => type === rootType);
  if (root === undefined) throw new Error('no file for the root');
  const context = emitContext(
    { types, mapping },
    {
      importExtension: '.ts',
      writers: new Map([[root.fullName, writers.map((writer) => JSON.stringify(writer))]]),
    },
  );
  const files = [
    ...types.map((type) => ({ path: type.path, text: emitType(type, context) })),
    ...emitIndex(types, context),
    emitCodecs(types, context),
    ...(fields === undefined ? [] : [{ path: 'narrowed.ts', text: narrowedFile(root, fields, context) }]),
  ];
  return { root, types, files };
}

/** A module that exports `readNarrowed`. */
function narrowedFile(root: TypeModel, fields: readonly string[], context: EmitContext): string {
  if (root.type.kind !== 'record') throw new Error('not a record');
  const narrow: RecordType = { ...root.type, fields: root.type.fields.filter(({ name }) => fields.includes(name)) };
  const name = 'readNarrowed';
  const printer = new Printer({ path: 'narrowed.ts', source: 'x', importExtension: '.ts', declares: [name] });
  const whole = printer.useType({ from: root.path, name: root.identifier });
  const returns = `Pick<${whole}, ${fields.map((field) => JSON.stringify(field)).join(' | ')}>`;
  emitReader(printer, planRead(root.type, narrow), { name, type: narrow, returns, exported: true }, context);
  return printer.print();
}

/** A folder for generated code that finds the packages of this repository. */
export class CompiledFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'kgen-compiled-'));
  #count = 0;

  constructor() {
    symlinkSync(join(ROOT, 'node_modules'), join(this.path, 'node_modules'));
    writeFileSync(join(this.path, 'package.json'), '{ "type": "module" }\n');
  }

  /** Writes files into a folder of their own; gives its path. */
  write(files: readonly OutputFile[]): string {
    const folder = join(this.path, `set${this.#count++}`);
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  /** Compiles a schema and loads its codec. */
  async load(schema: unknown, options: CompileOptions = {}): Promise<Compiled> {
    const { root, types, files } = generateFor(schema, options);
    const folder = this.write(files);
    const module = await importFile(join(folder, root.path));
    const narrowed = options.fields === undefined ? undefined : await importFile(join(folder, 'narrowed.ts'));
    return {
      codec: module[root.identifier] as Codec<unknown>,
      read: module[`read${simpleName(root.identifier).replace(/^./, (c) => c.toUpperCase())}`] as Read,
      readNarrowed: narrowed?.['readNarrowed'] as Read | undefined,
      type: root.type,
      types,
      files,
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

type Read = (reader: Reader) => unknown;

export interface Compiled {
  readonly codec: Codec<unknown>;
  /** The compiled function alone. */
  readonly read: Read;
  readonly readNarrowed: Read | undefined;
  readonly type: AvroType;
  readonly types: readonly TypeModel[];
  readonly files: readonly OutputFile[];
}

async function importFile(path: string): Promise<{ readonly [name: string]: unknown }> {
  return import(/* @vite-ignore */ pathToFileURL(path).href) as Promise<{ readonly [name: string]: unknown }>;
}

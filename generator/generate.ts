import { posix } from 'node:path';
import type { Config } from './config/config.ts';
import { chooseImportExtension, type ImportExtension } from './config/import-extension.ts';
import { emitJobs } from './emit/jobs/emit-job.ts';
import { emitTopics } from './emit/topics/emit-topics.ts';
import { TOPICS_PATH } from './emit/topics/formats.ts';
import { emitCodecs, emitContext, emitIndex, emitType } from './emit/types/index.ts';
import type { Finding } from './finding.ts';
import { buildJobs } from './model/jobs.ts';
import type { Model } from './model/model.ts';
import { buildTopics } from './model/topics.ts';
import { loadTypes } from './model/types.ts';
import { loadWriterSchemas, writersByType } from './model/writer-schemas.ts';
import { normalizeOut } from './out-folder.ts';
import type { OutputFile } from './output/output-file.ts';
import { loadPulled, type PulledRegistry } from './sources/registry/load-pulled.ts';

/** All that schemas and config give, in memory: nothing has been compared with the disk or written. */
export interface Generation {
  /** The whole generated output; empty where there are findings. Paths are relative to the config's folder. */
  readonly files: readonly OutputFile[];
  readonly model: Model;
  readonly findings: readonly Finding[];
  /** What a person should know and need not mend. */
  readonly notices: readonly string[];
  readonly importExtension: ImportExtension;
  /** Every schema file that was read, relative to the config's folder. */
  readonly sources: readonly string[];
}

export interface GenerateInput {
  readonly config: Config;
  /** The config's folder, absolute. */
  readonly root: string;
  /** The config, relative to `root`; undefined where there is none. */
  readonly file?: string | undefined;
  /** In place of what lies in the repository. */
  readonly pulled?: PulledRegistry | undefined;
}

/** From config and schemas to the text of every generated file. */
export async function generate({ config, root, file, ...given }: GenerateInput): Promise<Generation> {
  const importExtension = chooseImportExtension(config, root);
  const pulled = given.pulled ?? (await loadPulled(config.registry, root));
  const [loaded, writers] = await Promise.all([loadTypes(config, root, pulled), loadWriterSchemas(config, root)]);
  const { types } = loaded;
  const complete = loaded.complete && pulled.findings.length === 0;
  const built = buildTopics(config, types, writers, complete, pulled);
  const { topics } = built;
  const { jobs, findings: jobFindings } = buildJobs(config, types, topics, complete);
  const model: Model = { types, topics, jobs, mapping: config.types ?? {} };
  const all = [...pulled.findings, ...loaded.findings, ...built.findings, ...jobFindings];
  const findings = all.map((finding) => inConfig(finding, file));
  const files = findings.length > 0 ? [] : emitAll(model, config, file ?? 'the command line', importExtension);
  const notices = [...loaded.notices, ...built.notices];
  return { files, model, findings, notices, importExtension, sources: loaded.files };
}

/** A finding without a file is about the config, if there is one. */
function inConfig(finding: Finding, file: string | undefined): Finding {
  return finding.file === undefined ? { ...finding, file } : finding;
}

function emitAll(model: Model, config: Config, source: string, { extension }: ImportExtension): readonly OutputFile[] {
  const out = normalizeOut(config.out);
  const options = { source, importExtension: extension };
  const context = emitContext(model, { ...options, writers: writersByType(model.topics) });
  const types = model.types.map((type) => ({ path: type.path, text: emitType(type, context) }));
  const topics = model.topics.length === 0 ? [] : [{ path: TOPICS_PATH, text: emitTopics(model.topics, options) }];
  const index = model.types.length === 0 ? [] : [...emitIndex(model.types, context), emitCodecs(model.types, context)];
  return [...types, ...index, ...topics, ...emitJobs(model, options)].map(({ path, text }) => ({
    path: posix.join(out, path),
    text,
  }));
}

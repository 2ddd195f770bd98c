import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'java');
const libraries = join(import.meta.dirname, '../../../node_modules/.cache/kgen-test/record-batches');

/** Runs Kafka's own classes over files; a text says why that cannot be. */
export type Witness = ((files: readonly string[]) => string) | { readonly missing: string };

/** Java, with its libraries fetched by Maven the first time. */
export function javaWitness(): Witness {
  for (const tool of ['java', 'javac', 'mvn']) {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
    } catch {
      return { missing: `${tool} is not installed` };
    }
  }
  try {
    fetchLibraries();
  } catch (error) {
    return { missing: `Maven cannot fetch kafka-clients: ${error instanceof Error ? error.message : String(error)}` };
  }
  return (files) =>
    execFileSync('java', ['-cp', join(libraries, '*'), join(folder, 'RecordBatches.java'), 'read', ...files], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
}

/** Whole or not at all: a run that was killed must not leave half of them. */
function fetchLibraries(): void {
  if (existsSync(libraries)) return;
  const unfinished = `${libraries}-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const output = `-DoutputDirectory=${unfinished}`;
    execFileSync('mvn', ['-q', '-B', '-f', join(folder, 'pom.xml'), 'dependency:copy-dependencies', output], {
      stdio: 'pipe',
    });
    renameSync(unfinished, libraries);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildResult, build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';

// A job on Kafka as one file, as it is put into a container or a function.

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'kgen-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that runs jobs, with what docs/kafka.md says. */
function bundle(): Promise<BuildResult<{ metafile: true; write: false }>> {
  return build({
    entryPoints: [join(ROOT, 'bench/peers/src/main.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    conditions: ['kgen-source'],
    absWorkingDir: ROOT,
    outfile: join(folder, 'job.mjs'),
    metafile: true,
    write: false,
  });
}

test('a bundled job runs, and stays lean', async () => {
  const { outputFiles, metafile } = await bundle();
  const [output] = Object.values(metafile.outputs);
  if (output === undefined) throw new Error('no output');
  const packages = Object.keys(output.inputs).filter((path) => path.includes('node_modules/'));

  // Nothing of others gets in: optional packages are looked for at run time.
  expect(packages).toEqual([]);
  // What only some programs ask for is in none of the others.
  const optional = /^runtime\/src\/(savepoint|container|registry\/(?!registry-error)|testing|threads|log\/memory)/;
  const sources = Object.keys(output.inputs).filter((path) => (output.inputs[path]?.bytesInOutput ?? 0) > 0);
  expect(sources.filter((path) => optional.test(path))).toEqual([]);
  expect(output.bytes).toBeLessThan(385_000);

  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  const env = { ...process.env, JOB: 'none' };
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'job.mjs')], { env, encoding: 'utf8' });
  expect(stderr).toBe('there is no job none\n');
  expect(status).toBe(2);
});

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Generated code that this repository holds is what its generator gives.

const ROOT = join(import.meta.dirname, '../..');

test.each(['fixtures/flights', 'bench/peers'])('%s is up to date', (project) => {
  const cli = join(ROOT, 'generator/cli.ts');
  const args = ['--conditions=kgen-source', cli, 'check'];
  const output = execFileSync(process.execPath, args, { cwd: join(ROOT, project), encoding: 'utf8' });
  expect(output).toMatch(/^\d+ generated files up to date\.\n$/);
});

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('a driver prints nothing, and keeps no process alive, though it was never stopped', () => {
  const program = `
    import { drive, sample } from '@kgen/runtime/testing';
    import { Flight } from './fixtures/flights/src/generated/index.ts';
    import job from './fixtures/flights/src/jobs/airport-delays.ts';
    const driver = await drive(job, { checkpoints: 'interval' });
    await driver.send.flights(sample(Flight));
    await driver.advance('1 s');
    await driver.send.flights(sample(Flight));
    await driver.crash();
    await driver.restart();
    console.log(driver.read.delays().length);
  `;
  const output = execFileSync(
    process.execPath,
    ['--conditions=kgen-source', '--input-type=module', '--eval', `${program}`],
    { cwd: ROOT, encoding: 'utf8', timeout: 50_000, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  expect(output).toBe('1\n');
});

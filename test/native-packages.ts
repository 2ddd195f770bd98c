// Before the tests, as a script of package.json. npm on Node 18 leaves out optional packages that want a later Node, among
// them the native code below vitest, though tests run on the Node of devDependencies. npm on that one adds them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const { npm_config_user_agent: agent = '', npm_execpath: npm } = process.env;
const major = Number(/^npm\/\S+ node\/v(\d+)/.exec(agent)?.[1] ?? process.versions.node.split('.')[0]);

if (major < 20 && npm !== undefined && !(await isComplete())) {
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync(process.execPath, [npm, 'install', ...quiet], { stdio: 'inherit' });
}

// What comes without a binary is built here rather than by npm ci, which fails where that cannot be: a machine without the
// headers of Kerberos runs all other tests.
const kerberos = join(import.meta.dirname, '../node_modules/kerberos');
if (npm !== undefined && existsSync(kerberos) && !existsSync(join(kerberos, 'build/Release/kerberos.node'))) {
  try {
    execFileSync(process.execPath, [npm, 'run', 'install'], { cwd: kerberos, stdio: 'pipe' });
  } catch {
    console.warn('The package kerberos cannot be built here: it takes a C++ compiler and libkrb5-dev.');
  }
}

async function isComplete(): Promise<boolean> {
  try {
    await import('vitest/node');
    return true;
  } catch {
    return false;
  }
}

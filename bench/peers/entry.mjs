// kgen among the peers of a benchmark that takes such entries: what it exports is described where the harness is.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
const harness = dirname(process.argv[1] ?? here);

export const builds = {
  kgen: {
    dirs: ['runtime/src', 'bench/peers/src'].map((folder) => relative(harness, join(root, folder))),
    make: () => execFileSync(node, ['build.ts'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }),
  },
};

export const peers = [
  {
    name: 'kgen',
    jobs: ['counts-eos', 'map-eos'],
    build: 'kgen',
    command: () => [node, join(here, 'src', 'main.ts')],
  },
];

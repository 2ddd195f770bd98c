// The jobs of this folder among their peers, by a harness that brings the peers, the broker and the checks: it is run as
// `node run.mjs --mode M --out FILE`, and takes the entry of this folder by the environment variable EXTRA_PEERS.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Report } from '../report.ts';

interface HarnessOutput {
  readonly machine: unknown;
  readonly rows: readonly { readonly [figure: string]: unknown }[];
}

/** `folder` is the harness's; the other arguments are its own, such as `--mode latency` or `--peers kgen,flink`. */
export function runHarness([folder, ...args]: readonly string[]): Report {
  if (folder === undefined || folder.startsWith('--')) {
    throw new Error('npm run bench -- peers FOLDER [options]: name the folder of the harness, which has run.mjs');
  }
  const own = mkdtempSync(join(tmpdir(), 'kgen-peers-'));
  const out = join(own, 'out.json');
  try {
    const { status } = spawnSync('node', [resolve(folder, 'run.mjs'), ...args, '--out', out], {
      cwd: folder,
      env: { ...process.env, PATH: machinePath(), EXTRA_PEERS: join(import.meta.dirname, 'entry.mjs') },
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`the harness ended with ${status}`);
    const { machine, rows } = JSON.parse(readFileSync(out, 'utf8')) as HarnessOutput;
    const mode = args[args.indexOf('--mode') + 1];
    const name = args.includes('--mode') && mode !== undefined ? `peers-${mode}` : 'peers';
    const title = `kgen and its peers (${name}), Node ${process.versions.node}, ${JSON.stringify(machine)}`;
    // The commits of each run one by one would be most of the file.
    return { name, title, results: rows.map(({ line: _, ...figures }) => figures) };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Without the folders of packages, which npm puts first: peers run on the Node that the machine has. */
function machinePath(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
}

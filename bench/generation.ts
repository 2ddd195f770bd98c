// Time of `kgen generate` as its users feel it: whole processes of the built command.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { median } from './harness.ts';

export interface GenerationResult {
  readonly name: string;
  readonly schemas: number;
  /** Generated files. */
  readonly files: number;
  /** Of a whole process, median of the rounds. */
  readonly milliseconds: number;
  /** What it should at most take; undefined where it is only shown. */
  readonly limit: number | undefined;
}

const ROOT = join(import.meta.dirname, '..');
const COMMAND = join(ROOT, 'bin/kgen.js');
/** Schemas that people wrote, where they lie beside the repository. */
const RADAR = join(ROOT, '../shared/corpora/radar');
const SCHEMAS = 226;
const ROUNDS = 7;

export function generationTitle(): string {
  const set = existsSync(RADAR) ? 'schemas of RADAR-base' : 'made-up schemas';
  return `kgen generate, ${SCHEMAS} ${set}: milliseconds for a whole process, median of ${ROUNDS}`;
}

/** Three situations in turn, round after round. */
export function benchGeneration(): readonly GenerationResult[] {
  execFileSync(process.execPath, [join(ROOT, 'build.ts')], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'kgen-bench-'));
  try {
    return measure(folder, writeSchemas(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(folder: string, schemas: number): readonly GenerationResult[] {
  const out = join(folder, 'out');
  const run = (env: NodeJS.ProcessEnv = {}): number => {
    const started = performance.now();
    const call = ['generate', '--schemas', 'schemas/**/*.avsc', '--out', 'out'];
    execFileSync(process.execPath, [COMMAND, ...call], { cwd: folder, env: { ...process.env, ...env } });
    return performance.now() - started;
  };
  const situations: readonly { readonly name: string; readonly limit?: number; readonly run: () => number }[] = [
    {
      // As in CI: nothing is there, and Node has compiled nothing before.
      name: 'cold',
      limit: 3000,
      run: () => {
        rmSync(out, { recursive: true, force: true });
        return run({ NODE_DISABLE_COMPILE_CACHE: '1' });
      },
    },
    { name: 'nothing changed', limit: 1000, run: () => run() },
    {
      name: 'all changed',
      run: () => {
        for (const path of sourcesBelow(out)) writeFileSync(path, `${readFileSync(path, 'utf8')}\n`);
        return run();
      },
    },
  ];
  const samples = situations.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, situation] of situations.entries()) {
      const sample = situation.run();
      // The first round warms the file system up.
      if (round > 0) samples[i]?.push(sample);
    }
  }
  const files = sourcesBelow(out).length;
  return situations.map(({ name, limit }, i) => ({
    name,
    schemas,
    files,
    milliseconds: median(samples[i] ?? []),
    limit,
  }));
}

export function printGeneration(results: readonly GenerationResult[]): string {
  const rows = results.map(({ name, files, milliseconds, limit }) => {
    const verdict = limit === undefined ? '' : `at most ${limit}${milliseconds <= limit ? '' : ': TOO SLOW'}`;
    return [name, String(files), milliseconds.toFixed(0), verdict];
  });
  const all = [['', 'files', 'ms', ''], ...rows];
  const width = (column: number): number => Math.max(...all.map((row) => row[column]?.length ?? 0));
  return all
    .map(([name = '', files = '', ms = '', verdict = '']) =>
      [name.padEnd(width(0)), files.padStart(width(1)), ms.padStart(width(2)), verdict].join('  ').trimEnd(),
    )
    .join('\n');
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

/** Returns how many files there are. */
function writeSchemas(folder: string): number {
  const target = join(folder, 'schemas');
  if (existsSync(RADAR)) {
    cpSync(RADAR, target, { recursive: true });
    return readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.avsc')).length;
  }
  for (let i = 0; i < SCHEMAS; i++) {
    const path = join(target, `group${i % 20}/record${i}.avsc`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(madeUpSchema(i), undefined, 2));
  }
  return SCHEMAS;
}

/** A record of twelve fields, some documented, with an enum of its own and a reference to another record. */
function madeUpSchema(i: number): object {
  const scalars = ['string', 'int', 'long', 'double', 'boolean', ['null', 'string'], { type: 'array', items: 'float' }];
  const fields: object[] = Array.from({ length: 10 }, (_, n) => ({
    name: `field${n}`,
    type: scalars[(i + n) % scalars.length],
    doc: `What field ${n} of record ${i} holds.`,
  }));
  fields.push({
    name: 'status',
    type: { type: 'enum', name: `Status${i}`, symbols: ['OPEN', 'CLOSED'], default: 'OPEN' },
  });
  if (i % 10 > 0) fields.push({ name: 'other', type: ['null', `made.up.group${(i - 1) % 20}.Record${i - 1}`] });
  return { type: 'record', name: `Record${i}`, namespace: `made.up.group${i % 20}`, doc: `Record ${i}.`, fields };
}

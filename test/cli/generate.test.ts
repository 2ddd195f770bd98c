import { readdirSync, statSync, utimesSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { config, FLIGHT, Sandbox } from './harness.ts';

const AIRPORT = { type: 'record', name: 'Airport', namespace: 'us.faa', fields: [{ name: 'iata', type: 'string' }] };
const CONFIG = config(`
  schemas: ['schemas/*.avsc'],
  out: 'src/generated',
  importExtension: '.ts',
  topics: { flights: { key: 'utf8', value: 'us.bts.Flight', keyFrom: 'origin' } },
  jobs: { 'count-flights': { inputs: { flights: {} } } },`);

function project(): Sandbox {
  return new Sandbox({
    'kgen.config.ts': CONFIG,
    'schemas/flight.avsc': FLIGHT,
    'schemas/airport.avsc': AIRPORT,
  });
}

const flight = (...fields: object[]): object => ({ ...FLIGHT, fields });
const origin = { name: 'origin', type: 'string' };

test('writes everything, then nothing', async () => {
  const sandbox = project();
  const first = await sandbox.run(['generate']);
  expect(first.stderr).toBe('');
  expect(first.stdout).toMatch(
    /^src\/generated: \d+ added\.\nsrc\/jobs\/count-flights\.ts: a new job\. Its handlers are yours to write; kgen leaves the file alone\.\n$/,
  );
  expect(first.code).toBe(0);
  const files = sandbox.snapshot();
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining([
      'src/generated/codecs.ts',
      'src/generated/index.ts',
      'src/generated/jobs/count-flights.ts',
      'src/generated/topics.ts',
      'src/generated/types/us/bts/flight.ts',
      'src/generated/types/us/faa/airport.ts',
      'src/jobs/count-flights.ts',
    ]),
  );
  const past = new Date('2020-01-01T00:00:00Z');
  utimesSync(sandbox.path('src/generated/index.ts'), past, past);
  const second = await sandbox.run(['generate']);
  expect(second.stdout).toMatch(/^src\/generated is up to date \(\d+ files\)\.\n$/);
  expect(second.code).toBe(0);
  expect(sandbox.snapshot()).toEqual(files);
  expect(statSync(sandbox.path('src/generated/index.ts')).mtime).toEqual(past);
});

test('the same files whatever the folder it runs in, and where the project lies', async () => {
  const one = project();
  await one.run(['generate']);
  const other = new Sandbox();
  for (const path of ['kgen.config.ts', 'schemas/flight.avsc', 'schemas/airport.avsc']) {
    other.put(`deep/er/${path}`, one.get(path));
  }
  await other.run(['generate', '--config', 'deep/er/kgen.config.ts']);
  const moved = Object.fromEntries(
    Object.entries(other.snapshot()).map(([path, text]) => [path.slice('deep/er/'.length), text]),
  );
  expect(moved).toEqual(one.snapshot());
});

test('--dry-run says what would be written, and writes nothing', async () => {
  const sandbox = project();
  const before = sandbox.snapshot();
  const { code, stdout } = await sandbox.run(['generate', '--dry-run']);
  expect(stdout).toContain('+ src/generated/types/us/bts/flight.ts\n');
  expect(stdout).toMatch(/\d+ files would change; nothing was written\.\n/);
  expect(code).toBe(0);
  expect(sandbox.snapshot()).toEqual(before);
});

test('says in type terms what changed, and which jobs it touches', async () => {
  const sandbox = project();
  await sandbox.run(['generate']);
  sandbox.put(
    'schemas/flight.avsc',
    flight(origin, { name: 'cause', type: ['null', { type: 'enum', name: 'Cause', symbols: ['A', 'B'] }] }),
  );
  const dry = await sandbox.run(['generate', '--dry-run']);
  expect(dry.stdout).toContain('~ us.bts.Flight  + cause: Cause | null, - delay  (used by: count-flights)\n');
  const { stdout } = await sandbox.run(['generate']);
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    '+ us.bts.Cause  (used by: count-flights)',
    '~ us.bts.Flight  + cause: Cause | null, - delay  (used by: count-flights)',
  ]);
  sandbox.put('schemas/airport.avsc', { ...AIRPORT, name: 'Place', doc: 'Only the name' });
  expect((await sandbox.run(['generate'])).stdout).toContain('- us.faa.Airport\n+ us.faa.Place\n');
  sandbox.put('schemas/airport.avsc', { ...AIRPORT, name: 'Place', doc: 'Only the doc' });
  const doc = await sandbox.run(['generate']);
  expect(doc.stdout).toBe(`src/generated: 1 changed, ${/(\d+) unchanged/.exec(doc.stdout)?.[1]} unchanged.\n`);
});

test('a change of the mapping is one of types', async () => {
  const sandbox = new Sandbox({ 'f.avsc': flight(origin, { name: 'distance', type: 'long' }) });
  await sandbox.run(['generate', '--schemas', 'f.avsc', '--out', 'gen', '--long', 'bigint']);
  const { stdout } = await sandbox.run(['generate', '--schemas', 'f.avsc', '--out', 'gen', '--long', 'number']);
  expect(stdout).toContain('~ us.bts.Flight  ~ distance: long (bigint -> number)\n');
  const back = await sandbox.run(['generate', '--schemas', 'f.avsc', '--out', 'gen']);
  expect(back.stdout).toContain('~ us.bts.Flight  ~ distance: long (number -> bigint)\n');
});

test('stale files are removed, those of others stay', async () => {
  const sandbox = project();
  await sandbox.run(['generate']);
  sandbox.put('src/generated/mine.ts', 'export const mine = 1;\n');
  sandbox.put('src/generated/types/us/faa/notes.txt', '@generated by kgen');
  sandbox.put('schemas/flight.avsc', flight(origin));
  sandbox.put('schemas/airport.avsc', { ...AIRPORT, namespace: 'us.other' });
  const { stdout } = await sandbox.run(['generate']);
  expect(stdout).toContain('1 removed');
  const files = Object.keys(sandbox.snapshot());
  expect(files).not.toContain('src/generated/types/us/faa/airport.ts');
  expect(files).toContain('src/generated/mine.ts');
  expect(files).toContain('src/generated/types/us/faa/notes.txt');
});

test('a file that kgen did not write is not overwritten', async () => {
  const sandbox = project();
  sandbox.put('src/generated/index.ts', 'export const mine = 1;\n');
  const before = sandbox.snapshot();
  const { code, stdout } = await sandbox.run(['generate']);
  expect(stdout).toContain('src/generated/index.ts\n  a file that kgen did not write is in the way');
  expect(stdout).toContain('1 finding; nothing was written.');
  expect(code).toBe(1);
  expect(sandbox.snapshot()).toEqual(before);
});

test('all findings are listed; nothing is written', async () => {
  const sandbox = project();
  await sandbox.run(['generate']);
  sandbox.put(
    'schemas/flight.avsc',
    flight(origin, { name: 'a', type: 'nowhere.A' }, { name: 'b', type: 'nowhere.B' }),
  );
  sandbox.put('schemas/broken.avsc', '{ "type": ');
  const before = sandbox.snapshot();
  const { code, stdout } = await sandbox.run(['generate']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^schemas\/broken\.avsc:1:\d+/m);
  expect(stdout).toMatch(/schemas\/flight\.avsc:\d+:\d+ {2}us\.bts\.Flight\.a\n {2}.*nowhere\.A/);
  expect(stdout).toMatch(/schemas\/flight\.avsc:\d+:\d+ {2}us\.bts\.Flight\.b\n {2}.*nowhere\.B/);
  expect(stdout).toMatch(/\d findings; nothing was written\.\n$/);
  expect(sandbox.snapshot()).toEqual(before);
});

test('what follows from a schema that cannot be read is not said as well', async () => {
  const sandbox = project();
  sandbox.put('schemas/flight.avsc', '{ "type": ');
  const { stdout } = await sandbox.run(['generate']);
  expect(stdout).toContain('schemas/flight.avsc:1:');
  expect(stdout).toMatch(/\n1 finding; nothing was written\.\n$/);
});

test('what is wrong in the config about topics and jobs is a finding with its path', async () => {
  const sandbox = project();
  sandbox.put(
    'kgen.config.ts',
    CONFIG.replace("keyFrom: 'origin'", "keyFrom: 'orign'").replace('us.bts.Flight', 'us.bts.Fligth'),
  );
  const { code, stdout } = await sandbox.run(['generate']);
  expect(stdout).toContain('kgen.config.ts  topics.flights.value');
  expect(code).toBe(1);
});

/** Code that runs before the CLI: `rename` stands for what the nth rename does. */
function preload(sandbox: Sandbox, nth: number, rename: string, when = '==='): { readonly NODE_OPTIONS: string } {
  sandbox.put(
    'node_modules/preload.mjs',
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const original = fs.renameSync;
     let calls = 0;
     fs.renameSync = (...args) => {
       if (++calls ${when} ${nth}) { ${rename} }
       return original(...args);
     };
     syncBuiltinESMExports();`,
  );
  return { NODE_OPTIONS: `--import=${pathToFileURL(sandbox.path('node_modules/preload.mjs')).href}` };
}

const changed = flight(
  origin,
  { name: 'delay', type: 'double' },
  { name: 'added', type: { type: 'enum', name: 'E', symbols: ['A'] } },
);
const DISK_FULL = `throw Object.assign(new Error('ENOSPC: no space left on device, rename'), { code: 'ENOSPC', syscall: 'rename' });`;

test.each([1, 2, 3, 4])('when writing fails at file %i, all is as it was', async (nth) => {
  const sandbox = project();
  await sandbox.run(['generate']);
  sandbox.put('schemas/flight.avsc', changed);
  const before = sandbox.snapshot();
  const { code, stdout } = await sandbox.run(['generate'], { env: preload(sandbox, nth, DISK_FULL) });
  expect(stdout).toContain('src/generated\n  it could not be written (ENOSPC');
  expect(code).toBe(1);
  expect(sandbox.snapshot()).toEqual(before);
  expect((await sandbox.run(['generate'])).code).toBe(0);
});

test('when what was written cannot be undone either, it says which files that concerns', async () => {
  const sandbox = project();
  await sandbox.run(['generate']);
  sandbox.put('schemas/flight.avsc', changed);
  const { code, stdout } = await sandbox.run(['generate'], { env: preload(sandbox, 3, DISK_FULL, '>=') });
  expect(stdout).toMatch(/these could not be put back: src\/generated\/[\w/.-]+/);
  expect(code).toBe(1);
  expect((await sandbox.run(['generate'])).code).toBe(0);
});

test('a process killed in the middle leaves whole files; the next run finishes and cleans up', async () => {
  const sandbox = project();
  await sandbox.run(['generate']);
  const old = sandbox.snapshot();
  sandbox.put('schemas/flight.avsc', changed);
  const killed = await sandbox.run(['generate'], { env: preload(sandbox, 3, `process.kill(process.pid, 'SIGKILL');`) });
  expect(killed.code).toBe(null);
  const middle = sandbox.snapshot();
  expect(readdirSync(sandbox.path('src/generated')).some((name) => name.startsWith('.kgen-staging-'))).toBe(true);
  expect((await sandbox.run(['generate'])).code).toBe(0);
  const done = sandbox.snapshot();
  expect(Object.keys(done).some((path) => path.includes('staging'))).toBe(false);
  for (const [path, text] of Object.entries(middle)) {
    if (!path.includes('staging')) expect([old[path], done[path]]).toContain(text);
  }
});

test('a defect of kgen is one line, with the stack for those who ask', async () => {
  const sandbox = project();
  const env = preload(sandbox, 1, `throw new TypeError('out of order');`);
  const { code, stderr } = await sandbox.run(['generate'], { env });
  expect(stderr).toMatch(/^kgen failed unexpectedly: out of order\nThis is a defect of kgen\. Please report it/);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(1);
  expect((await sandbox.run(['generate', '--verbose'], { env })).stderr).toContain('    at ');
});

test('job files: written once, then only looked at; --amend adds what is missing', async () => {
  const sandbox = project();
  await sandbox.run(['generate']);
  sandbox.put(
    'kgen.config.ts',
    CONFIG.replace('flights: { key', `airports: { key: 'utf8', value: 'us.faa.Airport' }, flights: { key`).replace(
      '{ flights: {} }',
      '{ flights: {}, airports: {} }',
    ),
  );
  const before = sandbox.get('src/jobs/count-flights.ts');
  const { code, stdout } = await sandbox.run(['generate']);
  expect(stdout).toMatch(/count-flights.*airports/);
  expect(code).toBe(0);
  expect(sandbox.get('src/jobs/count-flights.ts')).toBe(before);
  const amended = await sandbox.run(['generate', '--amend']);
  expect(amended.stdout).toContain('src/jobs/count-flights.ts: added airports.');
  expect(sandbox.get('src/jobs/count-flights.ts')).toContain('airports(');
  expect((await sandbox.run(['generate', '--amend'])).stdout).not.toContain('count-flights');
});

test('who stops reading what it prints does not stop it', async () => {
  const sandbox = project();
  const child = sandbox.start(['generate']);
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  expect(await new Promise((done) => child.once('close', done))).toBe(0);
  expect(stderr).toBe('');
  expect((await sandbox.run(['check'])).code).toBe(0);
});

test('says which import extension it chose, and why', async () => {
  const sandbox = project();
  sandbox.put('kgen.config.ts', CONFIG.replace("importExtension: '.ts',", ''));
  sandbox.put('tsconfig.json', { compilerOptions: { module: 'nodenext' } });
  const { stdout } = await sandbox.run(['generate']);
  expect(stdout).toContain(
    'Imports of generated files end with .js: tsconfig.json does not allow imports that end in .ts.\n',
  );
  expect(sandbox.get('src/generated/codecs.ts')).toContain("/flight.js'");
});

test('messages of a protocol are ignored, and that is said', async () => {
  const sandbox = new Sandbox({
    'a.avpr': {
      protocol: 'P',
      namespace: 'a',
      types: [{ type: 'record', name: 'R', fields: [] }],
      messages: { ping: { request: [], response: 'null' } },
    },
  });
  const { stdout } = await sandbox.run(['generate', '--schemas', 'a.avpr', '--out', 'gen']);
  expect(stdout).toContain('a.avpr');
  expect(stdout).toMatch(/[Mm]essages/);
});

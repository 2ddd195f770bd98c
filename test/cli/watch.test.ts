import { renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { config, FLIGHT, Sandbox } from './harness.ts';

const field = (name: string): object => ({ name, type: 'string' });

test('generates at once and after each change, whatever goes wrong in between, until it is interrupted', async () => {
  const sandbox = new Sandbox({
    'kgen.config.ts': `import { out } from './settings.ts';\n${config(`schemas: ['schemas/**/*.avsc'], out, importExtension: '.ts'`)}`,
    'settings.ts': `export const out = 'gen';\n`,
    'schemas/flight.avsc': { ...FLIGHT, fields: [field('one')] },
  });
  const { next, rest, stop } = watch(sandbox);
  try {
    expect(await next()).toContain('gen: ');

    sandbox.put('schemas/flight.avsc', { ...FLIGHT, fields: [field('one'), field('two')] });
    const second = await next();
    expect(second).toContain('schemas/flight.avsc changed.');
    expect(second).toContain('~ us.bts.Flight  + two: string');

    sandbox.put('schemas/flight.avsc', '{ "type": "rec');
    expect(await next()).toContain('nothing was written');
    sandbox.put('schemas/flight.avsc', { ...FLIGHT, fields: [field('three')] });
    expect(await next()).toContain('+ three: string');

    sandbox.put('schemas/new/folder/airport.avsc', { ...FLIGHT, name: 'Airport' });
    expect(await next()).toContain('+ us.bts.Airport');

    sandbox.put('settings.ts', `export const out = 'elsewhere';\n`);
    const moved = await next();
    expect(moved).toContain('settings.ts changed.');
    expect(moved).toContain('elsewhere: ');

    sandbox.put('kgen.config.ts', 'export default { schemas: [] };');
    expect(await next()).toContain('out\n  it is missing');
    sandbox.put('kgen.config.ts', config(`schemas: ['schemas/**/*.avsc'], out: 'third', importExtension: '.ts'`));
    expect(await next()).toContain('third: ');

    rmSync(sandbox.path('schemas/new'), { recursive: true });
    expect(await next()).toContain('- us.bts.Airport');

    // Its own output and other files are no reason to run.
    sandbox.put('third/mine.ts', '');
    sandbox.put('schemas/notes.txt', '');
    await new Promise((done) => setTimeout(done, 400));
    expect(rest()).toBe('');
  } finally {
    expect(await stop()).toBe(0);
  }
}, 60_000);

test('a CommonJS config and what it requires are evaluated anew', async () => {
  const sandbox = new Sandbox({
    'kgen.config.js': `const { out } = require('./settings'); module.exports = { schemas: ['*.avsc'], out };`,
    'settings.js': `exports.out = 'first';`,
    'flight.avsc': FLIGHT,
  });
  const { next, stop } = watch(sandbox);
  try {
    expect(await next()).toContain('first: ');
    sandbox.put('settings.js', `exports.out = 'second';`);
    expect(await next()).toContain('second: ');
    sandbox.put('settings.js', `exports.out = 'third';`);
    expect(await next()).toContain('third: ');
  } finally {
    expect(await stop()).toBe(0);
  }
}, 60_000);

test('what editors write beside a file is not named', async () => {
  const sandbox = new Sandbox({
    'kgen.config.ts': config(`schemas: ['schemas/*.avsc'], out: 'gen', importExtension: '.ts'`),
    'schemas/flight.avsc': { ...FLIGHT, fields: [] },
  });
  const { next, stop } = watch(sandbox);
  try {
    await next();
    sandbox.put('schemas/flightXY', FLIGHT);
    renameSync(sandbox.path('schemas/flightXY'), sandbox.path('schemas/flight.avsc'));
    expect(await next()).toMatch(/^\nschemas\/flight\.avsc changed\.\n~ us\.bts\.Flight /);
    sandbox.put('schemas/a.avsc', { ...FLIGHT, name: 'A' });
    sandbox.put('schemas/b.avsc', { ...FLIGHT, name: 'B' });
    expect(await next()).toMatch(/^\nschemas\/[ab]\.avsc and 1 more file changed\.\n/);
  } finally {
    expect(await stop()).toBe(0);
  }
}, 60_000);

test('a config that changes before anything is watched is evaluated again', async () => {
  const later = config(`schemas: ['*.avsc'], out: 'second'`);
  const sandbox = new Sandbox({
    'kgen.config.ts': `import { writeFileSync } from 'node:fs';
      writeFileSync(import.meta.filename, ${JSON.stringify(later)});
      export default { schemas: ['*.avsc'], out: 'first' };`,
    'flight.avsc': FLIGHT,
  });
  const { next, stop } = watch(sandbox);
  try {
    expect(await next()).toContain('first: ');
    expect(await next()).toMatch(/^\nkgen\.config\.ts changed\.\n[\s\S]*second: /);
  } finally {
    expect(await stop()).toBe(0);
  }
}, 60_000);

interface Watch {
  /** What is printed until the next time it waits. */
  next(): Promise<string>;
  /** What has been printed since. */
  rest(): string;
  /** Interrupts it, and gives the exit code. */
  stop(): Promise<unknown>;
}

function watch(sandbox: Sandbox): Watch {
  const child = sandbox.start(['generate', '--watch']);
  const closed = new Promise((done) => child.once('close', done));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  return {
    async next() {
      const started = Date.now();
      for (;;) {
        const end = /Watching .*\n/.exec(output);
        if (end !== null) {
          const text = output.slice(0, end.index + end[0].length);
          output = output.slice(text.length);
          return text;
        }
        if (Date.now() - started > 15_000) throw new Error(`nothing happened; so far: ${output}`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    rest: () => output,
    stop() {
      child.kill('SIGINT');
      return closed;
    },
  };
}

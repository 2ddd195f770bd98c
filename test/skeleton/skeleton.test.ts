import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobModel } from '../../generator/model/model.ts';
import { templateVariables } from '../../generator/skeleton/render.ts';
import {
  amendJobs,
  planSkeletons,
  type SkeletonOptions,
  type SkeletonPlan,
} from '../../generator/skeleton/skeleton.ts';
import { totals } from '../emit/jobs/flights.ts';
import { airportDelays, jobOf } from './example.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kgen-skeleton-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function given(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

function options(config: Partial<SkeletonOptions['config']> = {}): SkeletonOptions {
  return { root, config: { out: 'src/generated', ...config }, importExtension: '.ts' };
}

function plan(job: JobModel, config?: Partial<SkeletonOptions['config']>): Promise<SkeletonPlan> {
  return planSkeletons([job], options(config));
}

describe('planSkeletons', () => {
  it('writes a job file that is missing', async () => {
    expect(await plan(airportDelays)).toEqual({
      files: [
        {
          path: 'src/jobs/airport-delays.ts',
          text: `import { type AirportDelays, airportDelays } from '../generated/jobs/airport-delays.ts';

const job: AirportDelays = airportDelays({
  flights(flight, ctx) {
    // Emit with ctx.emit.delays(value).
    // State of this key: ctx.state.total, a value.
    // Row of this key: ctx.tables.airports.get().
    ctx.log.debug({ flight }, 'flights');
  },
});

export default job;
`,
        },
      ],
      notices: [],
      findings: [],
    });
  });

  it('has one handler for each stream', async () => {
    const [file] = (await plan(jobOf('flights', 'returns'))).files;
    expect(file?.text).toContain(`airportDelays({
  flights(flight, ctx) {
    ctx.log.debug({ flight }, 'flights');
  },
  returns(flight, ctx) {
    ctx.log.debug({ flight }, 'returns');
  },
});`);
  });

  it.each([
    [{ jobsDir: 'jobs' }, '.ts', 'jobs/airport-delays.ts', `from '../src/generated/jobs/airport-delays.ts'`],
    [{ jobsDir: './src/jobs/' }, '.js', 'src/jobs/airport-delays.ts', `from '../generated/jobs/airport-delays.js'`],
    [{ jobsDir: '.', out: 'out' }, '', 'airport-delays.ts', `from './out/jobs/airport-delays'`],
    [{ jobsDir: '../jobs' }, '', '../jobs/airport-delays.ts', `from '../<root>/src/generated/jobs/airport-delays'`],
    [{ out: `it's "\\\u2028` }, '', 'src/jobs/airport-delays.ts', `from '../../it\\'s "/\\u2028/jobs/airport-delays'`],
  ] as const)('with %j and %j writes %s', async (config, importExtension, path, specifier) => {
    const { files } = await planSkeletons([airportDelays], { ...options(config), importExtension });
    expect(files[0]?.path).toBe(path);
    expect(files[0]?.text.replace(basename(root), '<root>')).toContain(specifier);
  });

  it('refuses to put job files over generated ones', async () => {
    const { files, findings } = await plan(airportDelays, { jobsDir: 'src/generated/jobs' });
    expect(files).toEqual([]);
    expect(findings).toEqual([
      {
        path: 'jobsDir',
        reason: 'job files would take the place of generated files',
        hint: 'Give your jobs a folder outside of `out`',
      },
    ]);
  });

  it('leaves a file alone that has what the job calls', async () => {
    await given(
      'src/jobs/airport-delays.ts',
      `import { airportDelays } from './x';\nairportDelays({ flights, onStart() {} })`,
    );
    expect(await plan(airportDelays)).toEqual({ files: [], notices: [], findings: [] });
    expect(await amendJobs([airportDelays], options())).toEqual({ files: [], notices: [], findings: [] });
  });

  it('says what is missing and what is no longer called', async () => {
    await given(
      'src/jobs/airport-delays.ts',
      `import { airportDelays } from './x';\nairportDelays({ a() {}, onStop() {} })`,
    );
    expect((await plan(jobOf('flights'))).notices).toEqual([
      {
        file: 'src/jobs/airport-delays.ts',
        job: 'airport-delays',
        missing: ['flights'],
        uncalled: ['a'],
        message:
          'src/jobs/airport-delays.ts lacks the handler `flights` (`kgen generate --amend` adds it), and has the handler `a`, which nothing calls any more',
      },
    ]);
    expect((await plan(jobOf('a', 'b', 'c'))).notices[0]?.message).toBe(
      'src/jobs/airport-delays.ts lacks the handlers `b`, `c` (`kgen generate --amend` adds them)',
    );
  });

  it('sees into spreads of the same file, and keeps silent about others', async () => {
    const head = `import { airportDelays } from './x';\n`;
    await given('src/jobs/airport-delays.ts', `${head}const common = { flights() {} };\nairportDelays({ ...common })`);
    expect((await plan(jobOf('flights'))).notices).toEqual([]);
    expect((await plan(jobOf('flights', 'b'))).notices[0]?.missing).toEqual(['b']);
    await given('src/jobs/airport-delays.ts', `${head}airportDelays({ ...common })`);
    expect((await plan(jobOf('flights'))).notices).toEqual([]);
    await given('src/jobs/airport-delays.ts', `${head}airportDelays(handlers)`);
    expect((await plan(jobOf('flights'))).notices).toEqual([]);
  });

  it('reports a file it cannot read, without the path of this machine', async () => {
    await mkdir(join(root, 'src/jobs/airport-delays.ts'), { recursive: true });
    const { findings } = await plan(airportDelays);
    expect(findings).toEqual([
      {
        file: 'src/jobs/airport-delays.ts',
        reason: 'it cannot be read: EISDIR: illegal operation on a directory',
        hint: 'A job has a file of that name: make room for it',
      },
    ]);
  });
});

describe('templates', () => {
  it('can be one’s own', async () => {
    await given(
      'my/job.ts.hbs',
      '// {{name}}: {{#each handlers}}{{name}} {{/each}}\r\n// {{#each outputs}}{{name}}({{arguments}}){{/each}}\r\n',
    );
    const { files } = await plan({ ...airportDelays, outputs: [totals] }, { templates: 'my' });
    expect(files[0]?.text).toBe('// airport-delays: flights \n// totals(key, value)\n');
  });

  it('are kgen’s where the folder has none', async () => {
    expect((await plan(airportDelays, { templates: 'my' })).files).toEqual((await plan(airportDelays)).files);
  });

  it.each([
    ['{{#each handlers}}\n{{name}}\n', 3, 1, 'the template is broken: Expecting'],
    ['\n\n{{name', 3, 1, 'the template is broken: Expecting'],
    ['a\n  {{functionname}}', 2, 5, 'the template is broken: "functionname" not defined in'],
    ['\n{{#each handlers}}{{nam}}{{/each}}', 2, 21, 'the template is broken: "nam" not defined in'],
    ['{{> other}}', undefined, undefined, 'the template is broken: The partial other could not be found'],
    ['{{shout name}}', 1, 3, 'the template is broken: '],
  ])('that are broken are findings: %j', async (text, line, column, reason) => {
    await given('my/job.ts.hbs', text);
    const { files, findings } = await planSkeletons(
      [airportDelays, { ...airportDelays, name: 'b' }],
      options({ templates: 'my' }),
    );
    expect(files).toEqual([]);
    expect(findings[0]).toMatchObject({ file: 'my/job.ts.hbs', reason: expect.stringContaining(reason) });
    expect(findings[0]?.position).toEqual(line === undefined ? undefined : { line, column });
  });

  it('tell what they see', async () => {
    const documented = await readFile(new URL('../../templates/README.md', import.meta.url), 'utf8');
    for (const name of Object.keys(templateVariables(airportDelays, './x.ts')))
      expect(documented).toContain(`| \`${name}\` |`);
  });
});

describe('amendJobs', () => {
  it('adds what is missing to files that exist, and only to them', async () => {
    const text = `import { airportDelays } from './x';\r\nexport default airportDelays({\r\n  flights() {},\r\n});\r\n`;
    await given('src/jobs/airport-delays.ts', text);
    const other = { ...jobOf('a'), name: 'other', functionName: 'other' };
    const { files, findings } = await amendJobs([jobOf('flights', 'returns'), other], options());
    expect(findings).toEqual([]);
    expect(files).toEqual([
      {
        path: 'src/jobs/airport-delays.ts',
        text: text.replace(
          '});',
          "  returns(flight, ctx) {\r\n    ctx.log.debug({ flight }, 'returns');\r\n  },\r\n});",
        ),
        added: ['returns'],
      },
    ]);
  });

  it('finds fault with handlers that are no object literal', async () => {
    await given('src/jobs/airport-delays.ts', `import { airportDelays } from './x';\nairportDelays(handlers);`);
    expect((await amendJobs([jobOf('flights', 'returns')], options())).findings).toEqual([
      {
        file: 'src/jobs/airport-delays.ts',
        position: { line: 2, column: 15 },
        path: 'jobs.airport-delays',
        reason: 'no handlers can be added: airportDelays is not called with an object literal',
        hint: 'Call airportDelays once, with an object literal, or add by hand what is missing of flights(flight, ctx), returns(flight, ctx)',
      },
    ]);
  });

  it('only mentions what a spread may hold', async () => {
    await given('src/jobs/airport-delays.ts', `import { airportDelays } from './x';\nairportDelays({ ...common });`);
    const { files, notices, findings } = await amendJobs([jobOf('flights')], options());
    expect([files, findings]).toEqual([[], []]);
    expect(notices[0]?.message).toBe(
      'src/jobs/airport-delays.ts: the handler `flights` may come from `...common`; kgen cannot see into it and added nothing',
    );
  });
});

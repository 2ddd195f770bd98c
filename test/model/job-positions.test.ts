import { expect, test } from 'vitest';
import type { JobConfig } from '../../generator/config/config.ts';
import { validateConfig } from '../../generator/config/validate.ts';
import { emitJobs } from '../../generator/emit/jobs/emit-job.ts';
import { buildJobs, type JobsResult } from '../../generator/model/jobs.ts';
import * as example from '../emit/jobs/flights.ts';

function build(job: JobConfig): JobsResult {
  const topics = Object.fromEntries(example.topics.map(({ id }) => [id, { value: 'bytes' }]));
  return buildJobs({ schemas: ['*.avsc'], out: 'out', topics, jobs: { j: job } }, example.types, example.topics);
}

function problems(job: JobConfig): readonly string[] {
  return build(job).findings.map(({ path, reason, hint }) => `${path}: ${reason}. ${hint}`);
}

/** What is wrong with the form of a job's config. */
function mistakes(job: object): readonly string[] {
  const config = { schemas: ['a'], out: 'gen', jobs: { j: { inputs: { flights: {} }, ...job } } };
  return validateConfig(config, undefined).map(({ path, reason }) => `${path}: ${reason}`);
}

test('a job says where its inputs begin, and go on; its generated code does so too', () => {
  const { jobs, findings } = build({
    inputs: {
      flights: {
        startFrom: { offsets: { flights: { 0: 23n, 10: 4_000_000_000 } }, group: 'latest' },
        onOutOfRange: 'latest',
      },
    },
    startFrom: { timestamp: '2026-05-01T02:00:00+02:00' },
    onOutOfRange: 'earliest',
  });
  expect(findings).toEqual([]);
  const [job] = jobs;
  expect(job).toMatchObject({ startFrom: { timestamp: Date.UTC(2026, 4, 1) }, onOutOfRange: 'earliest' });
  const [file] = emitJobs({ types: example.types, mapping: {}, jobs }, { source: 'c', importExtension: '.ts' });
  expect(file?.text).toContain(
    "startFrom: { offsets: { flights: { 0: 23n, 10: 4000000000n } }, group: 'latest' }, onOutOfRange: 'latest' }",
  );
  expect(file?.text).toContain(
    "      startFrom: { timestamp: 1_777_593_600_000 },\n      onOutOfRange: 'earliest',\n      guarantee:",
  );
  for (const [startFrom, text] of [
    ['group', "startFrom: 'group',"],
    [{ group: 'earliest' }, "startFrom: { group: 'earliest' },"],
    [{ timestamp: new Date(5) }, 'startFrom: { timestamp: 5 },'],
  ] as const) {
    const simple = build({ inputs: { flights: {} }, startFrom });
    const [page] = emitJobs(
      { types: example.types, mapping: {}, jobs: simple.jobs },
      { source: 'c', importExtension: '' },
    );
    expect(page?.text).toContain(text);
  }
});

test('where that cannot be, it is a finding', () => {
  const flights = {};
  expect(
    problems({ inputs: { flights, airports: { as: 'table', startFrom: 'latest', onOutOfRange: 'fail' } } }),
  ).toEqual([
    'jobs.j.inputs.airports.startFrom: a table is always read whole. Remove it: streams alone have it',
    'jobs.j.inputs.airports.onOutOfRange: a table is always read whole. Remove it: streams alone have it',
  ]);
  expect(problems({ inputs: { flights }, startFrom: { timestamp: '2026-05-01T02:00:00' } })).toEqual([
    "jobs.j.startFrom.timestamp: '2026-05-01T02:00:00' is a time without its zone. Write it as in 2026-05-01T12:00:00Z",
  ]);
  expect(problems({ inputs: { flights }, startFrom: { timestamp: 'soon' } })).toEqual([
    'jobs.j.startFrom.timestamp: soon is no time. Write it as in 2026-05-01T12:00:00Z',
  ]);
  expect(problems({ inputs: { flights, airports: { as: 'table' } }, startFrom: { offsets: { flihgts: {} } } })).toEqual(
    ["jobs.j.startFrom.offsets['flihgts']: no topic that is read here is called \"flihgts\". Did you mean 'flights'?"],
  );
});

test('the form of it is checked, each with its path', () => {
  expect(mistakes({ startFrom: 'middle' })).toEqual(['jobs.j.startFrom: "middle" is not one of its values']);
  expect(mistakes({ startFrom: {} })).toEqual([
    expect.stringMatching(/^jobs\.j\.startFrom: expected .*, found an object$/),
  ]);
  expect(mistakes({ startFrom: { timestamp: true } })).toEqual([
    expect.stringContaining('jobs.j.startFrom.timestamp: expected a Date'),
  ]);
  expect(mistakes({ startFrom: { offsets: { a: { x: 1n, 0: -1 } } } })).toEqual([
    expect.stringContaining('jobs.j.startFrom.offsets.a.0: expected an offset'),
    "jobs.j.startFrom.offsets.a: 'x' is no number of a partition",
  ]);
  expect(mistakes({ onOutOfRange: 'skip' })).toEqual(['jobs.j.onOutOfRange: "skip" is not one of its values']);
  expect(mistakes({ startFrom: { offsets: { a: { 0: 1n } }, group: 'latest' }, onOutOfRange: 'latest' })).toEqual([]);
});

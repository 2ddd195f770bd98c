import { beforeAll, describe, expect, it } from 'vitest';
import { generated } from './generated.ts';
import { type Diagnostic, typeCheck } from './project.ts';

// Tests of jobs are typed by the job's declaration.

const HEAD = `import { drive, type DriverOf, sample } from '@kgen/runtime/testing';
import type { AirportDelays } from '../generated/jobs/airport-delays.ts';
import { Airport } from '../generated/types/us/faa/airport.ts';
import { Flight } from '../generated/types/us/bts/flight.ts';

declare const job: AirportDelays;
`;

const file = (body: string): string =>
  `${HEAD}const driver: DriverOf<AirportDelays> = await drive(job);\nexport const all: readonly unknown[] = [driver, Airport, Flight, sample];\n${body}\n`;

const right = `
await driver.send.flights(sample(Flight, { seed: 3, origin: 'SEA' }), { timestamp: new Date(), headers: [], partition: 0 });
await driver.send.flights(sample(Flight), { key: null });
await driver.send.airports(sample(Airport, { iata: 'SEA' }));
await driver.send.airports(null, { key: 'SEA' });
export const minutes: readonly (number | undefined)[] = driver.read.delays().map(({ value }) => value?.minutes);
export const keys: readonly (string | null)[] = driver.read.totals({ uncommitted: true }).map(({ key }) => key);
export const regions: readonly string[] = driver.read.regional().map(({ topic }) => topic);
export const flights: number | undefined = driver.state.total.get('SEA')?.flights;
export const count: bigint | undefined = driver.state.count.get('SEA');
export const recent: readonly string[] = driver.state.recent.get('SEA');
export const seats: number | undefined = driver.state.seats.get('SEA').get(7)?.flights;
await driver.advance('5 s');
await driver.restart(job);
export const happened: number = driver.fail('commit', { delay: '1 s' }, { times: 2 }).happened;`;

const mistakes: readonly (readonly [name: string, body: string, at: string, message: string])[] = [
  [
    'an input that the job does not have',
    'await driver.send.wether(sample(Flight));',
    'wether',
    "Property 'wether' does not exist on type",
  ],
  ['an output as an input', 'await driver.send.delays(sample(Flight));', 'delays', "Property 'delays' does not exist"],
  [
    'a value of another type',
    'await driver.send.flights(sample(Airport));',
    'sample',
    "Type 'Airport' is missing the following properties from type 'Flight': scheduled, origin",
  ],
  [
    'a tombstone of a stream',
    "await driver.send.flights(null, { key: 'SEA' });",
    'null',
    "Argument of type 'null' is not assignable to parameter of type 'Flight'.",
  ],
  [
    'a tombstone without its key',
    'await driver.send.airports(null);',
    'null',
    "Argument of type 'null' is not assignable to parameter of type 'Airport'.",
  ],
  [
    'a key of another type',
    'await driver.send.flights(sample(Flight), { key: 7 });',
    'key',
    "Type 'number' is not assignable to type 'string'.",
  ],
  ['an input as an output', 'driver.read.flights();', 'flights', "Property 'flights' does not exist on type"],
  [
    'a field that an output does not have',
    'driver.read.delays()[0]?.value?.delay;',
    'delay',
    "Property 'delay' does not exist on type 'AirportDelay'.",
  ],
  [
    'a state that the job does not have',
    "driver.state.totals.get('SEA');",
    'totals',
    "Property 'totals' does not exist on type",
  ],
  [
    'a state by a key of another type',
    'driver.state.total.get(7);',
    '7',
    "Argument of type 'number' is not assignable to parameter of type 'string'.",
  ],
  [
    'a sample with a field of another type',
    "sample(Flight, { delay: '1' });",
    'delay',
    "Type 'string' is not assignable to type 'number'.",
  ],
  [
    'a sample with a field that there is not',
    "sample(Flight, { origine: 'SEA' });",
    'origine',
    "'origine' does not exist in type",
  ],
  [
    'a request that no log knows',
    "driver.fail('comit', 'refuse');",
    "'",
    `Argument of type '"comit"' is not assignable to parameter of type 'LogRequest'.`,
  ],
];

describe('the compiler, about a test of a job', () => {
  let diagnostics: readonly Diagnostic[];
  const of = (path: string): readonly Diagnostic[] => diagnostics.filter((diagnostic) => diagnostic.file === path);

  beforeAll(() => {
    const files: { [path: string]: string } = { ...generated, 'src/test/right.ts': file(right) };
    mistakes.forEach(([, body], index) => {
      files[`src/test/mistake-${index}.ts`] = file(body);
    });
    diagnostics = typeCheck(files);
  }, 60_000);

  it.each(mistakes.map((mistake, index) => [mistake[0], index, mistake] as const))(
    'names %s',
    (_, index, [, , at, message]) => {
      const [first, ...others] = of(`src/test/mistake-${index}.ts`);
      expect(first?.message).toContain(message);
      expect(first?.at).toBe(at);
      expect(others).toEqual([]);
    },
  );

  it('accepts what is right', () => {
    expect(of('src/test/right.ts')).toEqual([]);
  });
});

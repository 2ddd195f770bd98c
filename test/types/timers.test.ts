import { beforeAll, describe, expect, it } from 'vitest';
import { emitJobs } from '../../generator/emit/jobs/emit-job.ts';
import { jobNames } from '../../generator/model/job-names.ts';
import type { JobModel } from '../../generator/model/model.ts';
import { planSkeletons } from '../../generator/skeleton/skeleton.ts';
import { types } from '../emit/jobs/flights.ts';
import { airportDelays } from '../skeleton/example.ts';
import { generated as others } from './generated.ts';
import { type Diagnostic, typeCheck } from './project.ts';

const job: JobModel = {
  ...airportDelays,
  name: 'late-flights',
  ...jobNames('late-flights'),
  timers: ['close', 'remind'],
};
const [file] = emitJobs({ types, mapping: {}, jobs: [job] }, { source: 'kgen.config.ts', importExtension: '.ts' });
const GENERATED = 'src/generated/jobs/late-flights.ts';
const HEAD = "import { type LateFlights, lateFlights } from '../generated/jobs/late-flights.ts';\n\n";

const inFlights = (body: string): string =>
  `flights(flight, ctx) {\n    ctx.log.info({ flight });\n    ${body}\n  },\n  onTimer: { close() {}, remind() {} },`;
const inClose = (body: string): string =>
  `flights() {},\n  onTimer: {\n    close(timer, ctx) {\n      ctx.log.info({ timer });\n      ${body}\n    },\n    remind() {},\n  },`;

/** Handlers; then where the compiler points first, and its message. */
const mistakes: readonly (readonly [name: string, handlers: string, at: string, message: string])[] = [
  [
    'a job without handlers of its timers',
    'flights() {},',
    '{',
    "Property 'onTimer' is missing in type '{ flights(): void; }' but required in type 'LateFlightsHandlers'.",
  ],
  [
    'a timer without a handler',
    'flights() {},\n  onTimer: { close() {} },',
    'onTimer',
    "Property 'remind' is missing in type '{ close(): void; }' but required in type 'LateFlightsTimerHandlers'.",
  ],
  [
    'a handler of no timer',
    'flights() {},\n  onTimer: { close() {}, remind() {}, reminds() {} },',
    'reminds',
    "Object literal may only specify known properties, but 'reminds' does not exist in type 'LateFlightsTimerHandlers'. Did you mean to write 'remind'?",
  ],
  [
    'a timer that is not declared',
    inFlights("ctx.timers.set('clse', { after: 1 });"),
    "'",
    `Argument of type '"clse"' is not assignable to parameter of type '"close" | "remind"'.`,
  ],
  [
    'a timer set to a number',
    inFlights("ctx.timers.set('close', { eventTime: 1 });"),
    'eventTime',
    "Type 'number' is not assignable to type 'bigint'.",
  ],
  [
    'a timer set to two times',
    inFlights("ctx.timers.set('close', { eventTime: 1n, after: 5 });"),
    '{',
    "Argument of type '{ eventTime: bigint; after: number; }' is not assignable to parameter of type 'TimerTime'.",
  ],
  [
    'a record where there is none',
    inClose('ctx.log.info({ at: ctx.record.timestamp });'),
    'record',
    "Property 'record' does not exist on type 'LateFlightsTimerContext'.",
  ],
  [
    'a timer taken for another',
    inClose("if (timer.name === 'remind') ctx.timers.clear('close');"),
    'timer',
    `This comparison appears to be unintentional because the types '"close"' and '"remind"' have no overlap.`,
  ],
  [
    'a watermark of no input',
    `${inFlights('')}\n  watermarks: { flight: () => undefined },`,
    'flight',
    "Object literal may only specify known properties, but 'flight' does not exist in type '{ readonly flights?: WatermarkOf<Pick<Flight, \"delay\" | \"origin\">> | undefined; }'. Did you mean to write 'flights'?",
  ],
  [
    'a watermark that is a number',
    `${inFlights('')}\n  watermarks: { flights: (flight) => flight.delay },`,
    'flights',
    `Type '(flight: Pick<Flight, "delay" | "origin">) => number' is not assignable to type 'WatermarkOf<Pick<Flight, "delay" | "origin">>'.`,
  ],
];

const right = `async flights(flight, ctx) {
    const total = ctx.state.total.get();
    const set = ctx.timers.get('close');
    if (set !== undefined && set.in === 'event' && set.time > ctx.watermark) ctx.timers.clear('close');
    ctx.timers.set('close', { eventTime: ctx.record.timestamp + 60_000n });
    ctx.timers.set('remind', total === undefined ? { after: 1000 } : { processingTime: BigInt(flight.delay) });
    await Promise.resolve();
  },
  onTimer: {
    close(timer, ctx) {
      const name: 'close' = timer.name;
      ctx.log.info({ name, time: timer.time + 1n });
      ctx.state.total.clear();
      ctx.emit.delays({ airport: ctx.key, name: ctx.tables.airports.get()?.name ?? '', flights: 0, minutes: 0 });
    },
    remind: async (_timer, ctx) => ctx.timers.set('remind', { after: 5 }),
  },
  watermarks: { flights: (flight, record) => (flight.delay > 0 ? record.timestamp : undefined) },`;

const jobFile = (handlers: string): string =>
  `${HEAD}const job: LateFlights = lateFlights({\n  ${handlers}\n});\n\nexport default job;\n`;
const fileOf = (index: number): string => `src/jobs/mistake-${index}.ts`;

describe('the compiler, about timers', () => {
  let diagnostics: readonly Diagnostic[];

  beforeAll(async () => {
    const files: { [path: string]: string } = { ...others, [GENERATED]: file?.text ?? '' };
    files['src/jobs/right.ts'] = jobFile(right);
    mistakes.forEach(([, handlers], index) => {
      files[fileOf(index)] = jobFile(handlers);
    });
    const options = { root: '/nowhere', config: { out: 'src/generated' }, importExtension: '.ts' } as const;
    for (const { path, text } of (await planSkeletons([job], options)).files) files[path] = text;
    diagnostics = typeCheck(files);
  }, 60_000);

  const about = (file: string): readonly Diagnostic[] => diagnostics.filter((diagnostic) => diagnostic.file === file);

  it.each(mistakes.map(([name, , at, message], index) => [name, index, at, message] as const))(
    'names %s',
    (_, index, at, message) => {
      const [first, ...more] = about(fileOf(index));
      expect(first).toMatchObject({ at, message });
      expect(more).toEqual([]);
    },
  );

  it('accepts what is right, the skeleton and the generated file', () => {
    expect(about('src/jobs/right.ts')).toEqual([]);
    expect(about('src/jobs/late-flights.ts')).toEqual([]);
    expect(about(GENERATED)).toEqual([]);
  });
});

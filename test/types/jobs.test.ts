import { beforeAll, describe, expect, it } from 'vitest';
import { planSkeletons } from '../../generator/skeleton/skeleton.ts';
import { generated, job } from './generated.ts';
import { type Diagnostic, typeCheck } from './project.ts';

const HEAD = "import { type AirportDelays, airportDelays } from '../generated/jobs/airport-delays.ts';\n\n";

/** Handlers, and what the compiler says first: where it points, and its message. */
interface Mistake {
  readonly name: string;
  readonly handlers: string;
  readonly at: string;
  readonly message: string;
}

const inFlights = (body: string): string =>
  `weather() {}, cancelled() {},\n  flights(flight, ctx) {\n    ${body}\n  },`;

/** As the compiler shows what functions of `onError` are typed by. */
const SHAPE =
  '{ key: string; streams: { flights: Pick<Flight, "delay" | "origin">; weather: Flight; cancelled: Flight | null; }; tables: "airports"; deadLetters: "flights-dead"; }';

const mistakes: readonly Mistake[] = [
  {
    name: 'a missing handler',
    handlers: 'weather() {}, cancelled() {},',
    at: '{',
    message:
      "Property 'flights' is missing in type '{ weather(): void; cancelled(): void; }' but required in type 'AirportDelaysHandlers'.",
  },
  {
    name: 'no handler at all',
    handlers: '',
    at: '{',
    message:
      "Type '{}' is missing the following properties from type 'AirportDelaysHandlers': flights, weather, cancelled",
  },
  {
    name: 'a handler of no input',
    handlers: 'flights() {}, weather() {}, cancelled() {}, wether() {},',
    at: 'wether',
    message:
      "Object literal may only specify known properties, but 'wether' does not exist in type 'AirportDelaysHandlers'. Did you mean to write 'weather'?",
  },
  {
    name: 'a handler of a table',
    handlers: 'flights() {}, weather() {}, cancelled() {}, airports() {},',
    at: 'airports',
    message:
      "Object literal may only specify known properties, and 'airports' does not exist in type 'AirportDelaysHandlers'.",
  },
  {
    name: 'a field that the input is narrowed by',
    handlers: inFlights('ctx.log.info({ at: flight.destination });'),
    at: 'destination',
    message: `Property 'destination' does not exist on type 'Pick<Flight, "delay" | "origin">'.`,
  },
  {
    name: 'the field that only the event time needs',
    handlers: inFlights('ctx.log.info({ at: flight.scheduled });'),
    at: 'scheduled',
    message: `Property 'scheduled' does not exist on type 'Pick<Flight, "delay" | "origin">'.`,
  },
  {
    name: 'an undeclared output',
    handlers: inFlights('ctx.emit.delay({ airport: flight.origin });'),
    at: 'delay',
    message: "Property 'delay' does not exist on type 'AirportDelaysEmit'. Did you mean 'delays'?",
  },
  {
    name: 'an output that lacks fields',
    handlers: inFlights("ctx.emit.delays({ airport: flight.origin, name: '' });"),
    at: '{',
    message:
      "Type '{ airport: string; name: string; }' is missing the following properties from type 'AirportDelay': flights, minutes",
  },
  {
    name: 'an output with a field of another type',
    handlers: inFlights("ctx.emit.delays({ airport: flight.origin, name: '', flights: '1', minutes: 0 });"),
    at: 'flights',
    message: "Type 'string' is not assignable to type 'number'.",
  },
  {
    name: 'an output of another record',
    handlers: inFlights('ctx.emit.delays(flight);'),
    at: 'flight',
    message: `Type 'Pick<Flight, "delay" | "origin">' is missing the following properties from type 'AirportDelay': airport, name, flights, minutes`,
  },
  {
    name: 'an output with a key of another type',
    handlers: inFlights('ctx.emit.totals(flight.delay, { flights: 1, minutes: 0 });'),
    at: 'flight',
    message: "Argument of type 'number' is not assignable to parameter of type 'string'.",
  },
  {
    name: 'an output without its key',
    handlers: inFlights('ctx.emit.totals({ flights: 1, minutes: flight.delay });'),
    at: 'totals',
    message: 'Expected 2-3 arguments, but got 1.',
  },
  {
    name: 'an output of several topics without the name of one',
    handlers: inFlights('ctx.emit.regional(flight.origin, null);'),
    at: 'regional',
    message: 'Expected 3 arguments, but got 2.',
  },
  {
    name: 'an output of several topics with another name',
    handlers: inFlights("ctx.emit.regional(flight.origin, null, { topic: 'totals-asia' });"),
    at: 'topic',
    message: `Type '"totals-asia"' is not assignable to type '"totals-eu" | "totals-us"'. Did you mean '"totals-us"'?`,
  },
  {
    name: "an output that is no value of the user's own format",
    handlers: inFlights('ctx.emit.points(flight.origin, { y: 1 });'),
    at: 'y',
    message:
      "Object literal may only specify known properties, and 'y' does not exist in type '{ readonly x: number; }'.",
  },
  {
    name: 'a time of nobody',
    handlers: inFlights("ctx.emit.totals(flight.origin, { flights: 1, minutes: 0 }, { timestamp: 'brokers' });"),
    at: 'timestamp',
    message: `Type '"brokers"' is not assignable to type 'bigint | Timestamps | undefined'. Did you mean '"broker"'?`,
  },
  {
    name: 'a tombstone to a topic without tombstones',
    handlers: inFlights('ctx.emit.totals(flight.origin, null);'),
    at: 'null',
    message: "Argument of type 'null' is not assignable to parameter of type 'DelayTotal'.",
  },
  {
    name: 'a tombstone to a topic whose key is in the value, and which has no tombstones',
    handlers: inFlights('ctx.emit.delays(flight.origin, null);'),
    at: 'flight',
    message: "Argument of type 'string' is not assignable to parameter of type 'AirportDelay'.",
  },
  {
    name: 'a tombstone with a key of another type',
    handlers: inFlights('ctx.emit.current(flight.delay, null);'),
    at: 'flight',
    message: 'No overload matches this call.',
  },
  {
    name: 'a tombstone to one of several topics that is not named',
    handlers: inFlights('ctx.emit.local(flight.origin, null);'),
    at: 'flight',
    message: "Argument of type 'string' is not assignable to parameter of type 'AirportDelay'.",
  },
  {
    name: 'a tombstone taken for a record',
    handlers: 'weather() {}, flights() {},\n  cancelled(flight, ctx) {\n    ctx.log.info({ at: flight.origin });\n  },',
    at: 'flight',
    message: "'flight' is possibly 'null'.",
  },
  {
    name: 'a state of another type',
    handlers: inFlights('ctx.state.total.set(flight.delay);'),
    at: 'flight',
    message: "Argument of type 'number' is not assignable to parameter of type 'DelayTotal'.",
  },
  {
    name: 'a state that lacks a field',
    handlers: inFlights('ctx.state.total.set({ minutes: flight.delay });'),
    at: '{',
    message: "Property 'flights' is missing in type '{ minutes: number; }' but required in type 'DelayTotal'.",
  },
  {
    name: 'a long state set to a number',
    handlers: inFlights('ctx.state.count.set(flight.delay);'),
    at: 'flight',
    message: "Argument of type 'number' is not assignable to parameter of type 'bigint'.",
  },
  {
    name: 'a state that is not declared',
    handlers: inFlights('ctx.state.totl.set({ flights: 1, minutes: flight.delay });'),
    at: 'totl',
    message: "Property 'totl' does not exist on type 'AirportDelaysState'. Did you mean 'total'?",
  },
  {
    name: 'a state changed in place',
    handlers: inFlights('const total = ctx.state.total.get(); if (total) total.minutes += flight.delay;'),
    at: 'minutes',
    message: "Cannot assign to 'minutes' because it is a read-only property.",
  },
  {
    name: 'a state used though it may be unset',
    handlers: inFlights('ctx.log.info({ flight, minutes: ctx.state.total.get().minutes });'),
    at: 'ctx',
    message: "Object is possibly 'undefined'.",
  },
  {
    name: 'an item of a list of another type',
    handlers: inFlights('ctx.state.recent.append(flight);'),
    at: 'flight',
    message: `Argument of type 'Pick<Flight, "delay" | "origin">' is not assignable to parameter of type 'string'.`,
  },
  {
    name: 'a key of a map of another type',
    handlers: inFlights('ctx.state.seats.delete(flight.origin);'),
    at: 'flight',
    message: "Argument of type 'string' is not assignable to parameter of type 'number'.",
  },
  {
    name: 'a key of a table of another type',
    handlers: inFlights('ctx.tables.airports.get(flight.delay);'),
    at: 'flight',
    message: "Argument of type 'number' is not assignable to parameter of type 'string'.",
  },
  {
    name: 'the key of the record taken for another type',
    handlers: inFlights('const key: number = ctx.key; ctx.log.info({ flight, key });'),
    at: 'key',
    message: "Type 'string' is not assignable to type 'number'.",
  },
  {
    name: 'a method that returns something',
    handlers: 'weather() {}, cancelled() {},\n  flights(flight) {\n    return flight.delay;\n  },',
    at: 'flights',
    message: `Type '(flight: Pick<Flight, "delay" | "origin">) => number' is not assignable to type '(flight: Pick<Flight, "delay" | "origin">, ctx: AirportDelaysContext) => void | Promise<void>'.`,
  },
  {
    name: 'an arrow function that returns something',
    handlers: 'weather() {}, cancelled() {},\n  flights: (flight) => flight.delay,',
    at: 'flight',
    message: "Type 'number' is not assignable to type 'void | Promise<void>'.",
  },
  {
    name: 'an async function that returns something',
    handlers: 'weather() {}, cancelled() {},\n  flights: async (flight) => flight.delay,',
    at: 'flight',
    message: "Type 'Promise<number>' is not assignable to type 'void | Promise<void>'.",
  },
  {
    name: 'a handler of other records',
    handlers: 'weather() {}, cancelled() {},\n  flights: (flight: { gate: string }) => console.log(flight.gate),',
    at: 'flights',
    message: `Type '(flight: { gate: string; }) => void' is not assignable to type '(flight: Pick<Flight, "delay" | "origin">, ctx: AirportDelaysContext) => void | Promise<void>'.`,
  },
  {
    name: 'a decision that there is not',
    handlers: "flights() {}, weather() {}, cancelled() {}, onError: { process: () => 'retry' },",
    at: 'process',
    message: `Type '() => "retry"' is not assignable to type '(error: unknown, failed: FailedCallOf<${SHAPE}>) => DecisionOf<...>'.`,
  },
  {
    name: 'a topic for dead letters that the config does not name',
    handlers: "flights() {}, weather() {}, cancelled() {}, onError: { decode: () => ({ deadLetter: 'elsewhere' }) },",
    at: 'decode',
    message: `Type '() => { deadLetter: "elsewhere"; }' is not assignable to type '(error: JobError, record: UnreadableRecord<InputsOf<${SHAPE}>>) => DecisionOf<...>'.`,
  },
  {
    name: 'a decision that is made later',
    handlers: "flights() {}, weather() {}, cancelled() {}, onError: { process: async () => 'skip' as const },",
    at: 'process',
    message: `Type '() => Promise<"skip">' is not assignable to type '(error: unknown, failed: FailedCallOf<${SHAPE}>) => DecisionOf<...>'.`,
  },
  {
    name: 'a field of a failed record of either stream that one of them does not have',
    handlers: `flights() {}, weather() {}, cancelled() {}, onError: { process: (_error, record) => {
      if (record.input === 'flights') return record.value.gate > 0 ? 'skip' : 'fail';
      return undefined;
    } },`,
    at: 'gate',
    message: `Property 'gate' does not exist on type 'Pick<Flight, "delay" | "origin">'.`,
  },
  {
    name: 'the value of a record that could not be read',
    handlers:
      "flights() {}, weather() {}, cancelled() {}, onError: { decode: (error, record) => (record.value === null ? 'skip' : error.code && 'fail') },",
    at: 'value',
    message: `Property 'value' does not exist on type 'UnreadableRecord<InputsOf<${SHAPE}>>'.`,
  },
];

const right = `weather(report, ctx) {
    const { logTimestamp, timestampType, leaderEpoch, headers } = ctx.record;
    ctx.log.info({ logTimestamp: logTimestamp + 1n, byBroker: timestampType === 'log-append-time', leaderEpoch, headers, at: report.origin });
  },
  cancelled(flight, ctx) {
    if (flight === null) ctx.emit.current(ctx.key, null, { timestamp: 5n });
    if (flight === null) ctx.emit.local(ctx.key, null, { topic: 'local-eu' });
    else ctx.emit.local({ airport: flight.origin, name: '', flights: 1, minutes: 0 }, { topic: 'local-us' });
    if (flight === null) return;
    if (flight.delay === 0) ctx.emit.points(ctx.key, { x: 1 }, { partition: 3, timestamp: 'broker' });
    else ctx.emit.current({ airport: flight.origin, name: '', flights: 1, minutes: 0 });
  },
  watermarks: { cancelled: (flight) => (flight === null ? undefined : 5n) },
  onError: {
    decode: (error, record) => (error.code === 'JOB_NULL_KEY' && record.input === 'airports' ? 'skip' : undefined),
    process(error, failed) {
      if (error instanceof RangeError && failed.input === 'flights' && failed.value.delay < 0) return 'skip';
      if (failed.input === 'weather' && failed.value.delay > 99) return { deadLetter: 'flights-dead' };
      return undefined;
    },
    produce: (error, { offset, valueBytes }) => (offset > 7n && valueBytes !== null && error.key ? 'fail' : 'skip'),
  },
  onStart: (ctx) => ctx.log.info({ task: ctx.task }),
  async flights(flight, ctx) {
    const total = ctx.state.total.get() ?? { flights: 0, minutes: 0 };
    const next = { flights: total.flights + 1, minutes: total.minutes + flight.delay };
    ctx.state.total.set(next);
    ctx.state.recent.append(flight.origin);
    ctx.state.seats.set(1, next);
    ctx.emit.delays({ airport: ctx.key, name: ctx.tables.airports.get()?.name ?? ctx.key, ...next });
    ctx.emit.totals(ctx.key, next, { timestamp: ctx.record.timestamp });
    ctx.emit.regional(ctx.key, null, { topic: 'totals-eu' });
    await Promise.resolve();
  },`;

const fileOf = (index: number): string => `src/jobs/mistake-${index}.ts`;
const jobFile = (handlers: string): string =>
  `${HEAD}const job: AirportDelays = airportDelays({\n  ${handlers}\n});\n\nexport default job;\n`;

describe('the compiler, about a job', () => {
  let diagnostics: readonly Diagnostic[];

  beforeAll(async () => {
    const files: { [path: string]: string } = { ...generated, 'src/jobs/right.ts': jobFile(right) };
    mistakes.forEach(({ handlers }, index) => {
      files[fileOf(index)] = jobFile(handlers);
    });
    const config = { out: 'src/generated' };
    const skeletons = await planSkeletons([job], { root: '/nowhere', config, importExtension: '.ts' });
    for (const { path, text } of skeletons.files) files[path] = text;
    expect(skeletons.files.map(({ path }) => path)).toEqual(['src/jobs/airport-delays.ts']);
    diagnostics = typeCheck(files);
  }, 60_000);

  const about = (file: string): readonly Diagnostic[] => diagnostics.filter((diagnostic) => diagnostic.file === file);

  it.each(mistakes.map((mistake, index) => [mistake.name, index, mistake] as const))(
    'names %s',
    (_, index, mistake) => {
      const [first, ...others] = about(fileOf(index));
      expect(first).toMatchObject({ at: mistake.at, message: mistake.message });
      expect(others).toEqual([]);
    },
  );

  it('accepts what is right', () => {
    expect(about('src/jobs/right.ts')).toEqual([]);
  });

  it('accepts the skeleton', () => {
    expect(about('src/jobs/airport-delays.ts')).toEqual([]);
  });

  it('accepts the generated files', () => {
    expect(Object.keys(generated)).toContain('src/generated/jobs/airport-delays.ts');
    expect(diagnostics.filter(({ file }) => file in generated)).toEqual([]);
  });
});

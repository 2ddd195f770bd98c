import { expect, test } from 'vitest';
import { validateConfig } from '../../generator/config/validate.ts';

const found = (config: unknown): string[] =>
  validateConfig(config, 'kgen.config.ts').map(({ path, reason, hint }) => `${path}: ${reason} | ${hint}`);

const valid = {
  schemas: ['schemas/**/*.avsc'],
  out: 'src/generated',
  jobsDir: 'src/jobs',
  importExtension: 'auto',
  templates: undefined,
  types: {
    long: 'number',
    logical: { date: 'Date', decimal: 'base', 'timestamp-nanos': 'bigint' },
    fields: { 'shop.Order.sequence': { long: 'number', logical: { uuid: 'base' } } },
  },
  topics: {
    a: { value: 'shop.Order' },
    b: { name: ['b-1', 'b-2'], key: 'utf8', value: { type: ['x.A', 'x.B'], format: 'confluent', id: { 'x.A': 3 } } },
    c: { pattern: 'orders-.*', value: 'json', partitioner: { field: 'id' }, keyFrom: 'a.b', timestampFrom: 'at' },
    d: {
      value: { type: 'x.A', id: 7, writers: ['history/a-1.avsc'] },
      partitioner: { import: 'choose', from: 'src/partition.ts' },
    },
  },
  jobs: {
    'a-job': {
      inputs: { a: { as: 'table', fields: ['x'], outOfOrderness: '1 hour' }, b: undefined, c: { discovery: false } },
      outputs: ['d'],
      state: { one: 'long', many: { list: 'x.A' }, each: { map: 'x.B', key: 'string' } },
      guarantee: 'exactly-once',
      checkpoint: { interval: 500 },
      concurrency: 16,
      handlerTimeout: '10 s',
      discovery: '1 minute',
      restart: {
        strategy: 'exponential',
        initialDelay: '50 ms',
        maxDelay: 1000,
        multiplier: 1.5,
        jitter: 0,
        attempts: Number.POSITIVE_INFINITY,
        resetAfter: '1 h',
        sameFailures: 5,
      },
    },
    fixed: { inputs: { a: {} }, restart: { strategy: 'fixed-delay', delay: '1 s', attempts: 3 } },
    never: { inputs: { a: {} }, restart: { strategy: 'none' } },
    seldom: {
      inputs: { a: {} },
      restart: { strategy: 'failure-rate', failures: 5, interval: '10 minutes', delay: 100, sameFailures: 2 },
      onError: { decode: { deadLetter: 'a-dead' }, process: 'skip', produce: undefined },
    },
  },
  kafka: {
    brokers: ['a:9092', 'b:9092'],
    clientId: 'shop',
    tls: { ca: 'PEM', cert: Buffer.from('PEM'), key: 'PEM', passphrase: 'x', servername: 'kafka' },
    sasl: { mechanism: 'scram-sha-512', username: 'x', password: undefined },
    replicationFactor: 3,
    sessionTimeout: '20 s',
    rebalanceTimeout: 60_000,
    transactionTimeout: '1 m',
    producer: { compression: 'zstd', acks: 1, linger: '5 ms' },
  },
};

test('a config that uses every option is fine', () => {
  expect(found(valid)).toEqual([]);
  expect(found({ schemas: ['a.avsc'], out: 'gen', topics: undefined, jobs: undefined })).toEqual([]);
  const kafka = [
    { brokers: 'a:9092,b:9092', tls: true },
    { brokers: '', sasl: { username: 'x', password: '' } },
    { sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) } },
  ];
  for (const each of kafka) expect(found({ ...valid, kafka: each })).toEqual([]);
});

test('what is wrong with the way a job runs, each with its path', () => {
  const restart = (value: unknown): readonly string[] =>
    found({ schemas: ['a'], out: 'gen', jobs: { j: { inputs: { a: {} }, restart: value } } });
  expect(restart('none')).toEqual([expect.stringContaining('jobs.j.restart: expected an object')]);
  expect(restart({ strategy: 'exponentail' })).toEqual([
    'jobs.j.restart.strategy: "exponentail" is not one of its values | Did you mean \'exponential\'?',
  ]);
  expect(restart({})).toEqual([expect.stringContaining('jobs.j.restart.strategy: it is missing')]);
  expect(restart({ strategy: 'none', attempts: 2 })).toEqual([
    "jobs.j.restart.attempts: strategy 'none' has no such option | Remove it",
  ]);
  expect(restart({ strategy: 'fixed-delay', maxDelay: 2 })).toEqual([
    "jobs.j.restart.maxDelay: strategy 'fixed-delay' has no such option | " +
      'Its options are `attempts`, `resetAfter`, `sameFailures`, `delay`',
  ]);
  expect(restart({ strategy: 'exponential', attempts: 0, multiplier: 0, jitter: 2, dely: 1 })).toEqual([
    expect.stringContaining('jobs.j.restart.attempts: expected a whole number from 1, or Infinity'),
    expect.stringContaining('jobs.j.restart.multiplier: expected a number from 1'),
    expect.stringContaining('jobs.j.restart.jitter: expected a number from 0 to 1'),
    'jobs.j.restart.dely: there is no such option | Did you mean `delay`?',
  ]);
  const onError = (value: unknown): readonly string[] =>
    found({ schemas: ['a'], out: 'gen', jobs: { j: { inputs: { a: {} }, onError: value } } });
  expect(onError({ decode: 'skp', process: { topic: 'a' }, produce: 3, handler: 'skip' })).toEqual([
    'jobs.j.onError.decode: "skp" is not one of its values | Did you mean \'skip\'?',
    'jobs.j.onError.process.topic: there is no such option | The options here are `deadLetter`',
    expect.stringContaining('jobs.j.onError.process.deadLetter: it is missing'),
    expect.stringContaining("jobs.j.onError.produce: expected 'fail', 'skip' or { deadLetter: 'name of a topic' }"),
    'jobs.j.onError.handler: there is no such option | The options here are `decode`, `process`, `produce`',
  ]);
  const kafka = (value: unknown): readonly string[] => found({ schemas: ['a'], out: 'gen', kafka: value });
  expect(kafka({ broker: 'a:1' })).toEqual(['kafka.broker: there is no such option | Did you mean `brokers`?']);
  expect(kafka({ brokers: [] })).toEqual([expect.stringContaining('kafka.brokers: the list is empty')]);
  expect(kafka({ tls: { ca: 3 }, sasl: { mechanism: 'scram', password: 7 } })).toEqual([
    expect.stringContaining('kafka.tls.ca: expected PEM as text or bytes'),
    expect.stringContaining('kafka.sasl.mechanism: "scram" is not one of its values'),
    expect.stringContaining('kafka.sasl.password: expected a text'),
  ]);
  expect(kafka({ sasl: { mechanism: 'oauthbearer' } })).toEqual([
    expect.stringContaining('kafka.sasl.oauthBearerProvider: it is missing'),
  ]);
});

test('every mistake is reported, each with its path', () => {
  const findings = found({
    schema: ['a.avsc'],
    out: 3,
    types: {
      long: 'Bigint',
      logical: { 'timestamp-milis': 'Date', date: 'bigint' },
      fields: { 'a.B.c': { lnog: 'number' } },
    },
    topics: {
      flights: { value: 'a.B', keyform: 'origin', name: [], partitioner: 'murmur' },
      both: { value: 'a.B', name: 'x', pattern: 'y' },
      broken: { pattern: '(', key: 4 },
    },
    jobs: {
      j: {
        input: {},
        checkpoint: { interval: -1, concurrent: 11 },
        concurrency: 0.5,
        state: { s: { lst: 'x' } },
        guarantee: null,
      },
    },
  });
  expect(findings).toEqual([
    'schema: there is no such option | Did you mean `schemas`?',
    'out: expected a path relative to the config, found the number 3 | Give a path relative to the folder of the config, with `/`',
    'types.long: "Bigint" is not one of its values | Did you mean \'bigint\'?',
    'types.logical.timestamp-milis: there is no such option | Did you mean `timestamp-millis`?',
    "types.logical.date: \"bigint\" is not one of its values | Use 'string', 'Date', 'number', 'base'",
    "types.fields['a.B.c'].lnog: there is no such option | Did you mean `long`?",
    'topics.flights.keyform: there is no such option | Did you mean `keyFrom`?',
    'topics.flights.name: the list is empty | Give at least one item: a text that is not empty',
    'topics.flights.partitioner: "murmur" is not one of its values | Did you mean \'murmur2\'?',
    'topics.both.pattern: a topic has a `name` or a `pattern`, not both | Remove one of them',
    'topics.broken.pattern: expected a regular expression as text, found "(" | Write it as text without slashes, such as \'orders-.*\'; it is anchored at both ends',
    expect.stringContaining('topics.broken.key: expected a format'),
    expect.stringContaining('topics.broken.value: it is missing'),
    'jobs.j.input: there is no such option | Did you mean `inputs`?',
    expect.stringContaining('jobs.j.checkpoint.interval: expected milliseconds'),
    'jobs.j.checkpoint.concurrent: expected a whole number from 1 to 10, found the number 11 | Give how many checkpoints may be under way at once',
    'jobs.j.concurrency: expected a whole number from 1 to 10000, found the number 0.5 | Give how many handlers may run at once',
    'jobs.j.state.s.lst: there is no such option | Did you mean `list`?',
    expect.stringContaining('jobs.j.guarantee: null is not one of its values'),
    expect.stringContaining('schemas: it is missing'),
  ]);
});

test('a form that is misspelt is one finding, which names the one that was meant', () => {
  const job = (options: object): string[] => found({ ...valid, jobs: { j: { inputs: { a: {} }, ...options } } });
  expect(job({ startFrom: { offset: { a: { 0: 1n } } } })).toEqual([
    'jobs.j.startFrom.offset: there is no such option | Did you mean `offsets`?',
  ]);
  expect(job({ startFrom: { group: 'latest', timestmp: 0 } })).toEqual([
    'jobs.j.startFrom.timestmp: there is no such option | Did you mean `timestamp`?',
  ]);
  expect(job({ startFrom: { since: 0 } })).toEqual([
    'jobs.j.startFrom.since: there is no such option | The options here are `timestamp`, `offsets`, `group`',
  ]);
  for (const startFrom of [{}, { group: undefined }]) {
    expect(job({ startFrom })).toEqual([
      expect.stringMatching(/^jobs\.j\.startFrom: expected 'earliest', .* found an object/),
    ]);
  }
  expect(job({ startFrom: { timestamp: 0, group: 'latest' } })).toEqual([
    'jobs.j.startFrom.group: there is no such option | The options here are `timestamp`',
  ]);
  expect(job({ state: { s: { key: 'string' } } })).toEqual([expect.stringContaining('jobs.j.state.s: expected')]);
  expect(job({ state: { s: { map: 'x.A' } } })).toEqual([expect.stringContaining('jobs.j.state.s.key: it is missing')]);
  expect(job({ onError: { decode: { deadletter: 'x' } } })).toEqual([
    'jobs.j.onError.decode.deadletter: there is no such option | Did you mean `deadLetter`?',
  ]);
  expect(job({ createTopics: { partition: 3 } })).toEqual([
    'jobs.j.createTopics.partition: there is no such option | Did you mean `partitions`?',
  ]);
});

test.each(['.', './', '..', '../..', '../', './.'])(
  'out cannot be the folder of the config or one above: %s',
  (out) => {
    expect(found({ schemas: ['a'], out })).toEqual([expect.stringContaining('out: ')]);
  },
);

test.each(['/tmp/generated', 'C:\\generated', '\\\\host\\share', 'a\0b', ''])('out is a relative path: %j', (out) => {
  expect(found({ schemas: ['a'], out })).toEqual([expect.stringContaining('out: expected a path')]);
});

test.each([null, 1, 'text', [], undefined])('what is no object is one finding: %j', (config) => {
  expect(validateConfig(config, undefined)).toHaveLength(1);
});

test('names that objects inherit are no options', () => {
  expect(found({ ...valid, constructor: 1 })).toEqual([
    expect.stringContaining('constructor: there is no such option'),
  ]);
  expect(found(JSON.parse(`{"schemas":["a"],"out":"b","__proto__":{}}`))).toEqual([
    expect.stringContaining('__proto__: there is no such option'),
  ]);
});

test('guarantees have three names', () => {
  const job = (guarantee: string): object => ({ ...valid, jobs: { j: { inputs: { a: {} }, guarantee } } });
  for (const guarantee of ['exactly-once', 'at-least-once', 'none']) expect(found(job(guarantee))).toEqual([]);
  expect(found(job('at-most-once'))).toEqual([
    'jobs.j.guarantee: "at-most-once" is not one of its values | Did you mean \'at-least-once\'?',
  ]);
});

test.each(['.', './', '..', '../..', '../x/..', 'src/..', 'src/../../x/..', '..\\..', './/'])(
  'out %s: the folder of the config or above it',
  (out) => {
    expect(found({ schemas: ['a.avsc'], out })).toEqual([expect.stringMatching(/^out: .*or one above it/)]);
  },
);

test('numbers that JSON does not have are told as any others', () => {
  const jobs = { j: { inputs: {}, concurrency: 5n, checkpoint: { concurrent: Number.POSITIVE_INFINITY } } };
  expect(found({ ...valid, jobs })).toEqual([
    'jobs.j.concurrency: expected a whole number from 1 to 10000, found the bigint 5 | Give how many handlers may run at once',
    'jobs.j.checkpoint.concurrent: expected a whole number from 1 to 10, found the number Infinity | Give how many checkpoints may be under way at once',
  ]);
});

test('more partitions and replicas than the protocol can say are findings', () => {
  expect(found({ ...valid, kafka: { replicationFactor: 40_000, createTopics: { partitions: 1e12 } } })).toEqual([
    'kafka.replicationFactor: expected a whole number from 1 to 32767, found the number 40000 | Give a whole number from 1 to 32767',
    'kafka.createTopics.partitions: expected a whole number from 1 to 2147483647, found the number 1000000000000 | Give a whole number from 1 to 2147483647',
  ]);
});

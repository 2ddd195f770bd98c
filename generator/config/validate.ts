import { LOGICAL_DEFAULTS, type LogicalRepresentation } from '@kgen/runtime/schema';
import type { Finding } from '../finding.ts';
import { normalizeOut } from '../out-folder.ts';
import {
  type Check,
  check,
  eitherOf,
  formOf,
  isObject,
  listOf,
  mapOf,
  type Options,
  oneOf,
  options,
  text,
  where,
} from './shape.ts';
import { onError } from './validate-errors.ts';
import { positions } from './validate-positions.ts';
import { registry } from './validate-registry.ts';
import { createTopics, duration, kafka, restart } from './validate-runtime.ts';

/**
 * Checks the form of a config: every option that is unknown or of the wrong type is a finding.
 * Whether the types and topics it names exist is settled later, with the schemas at hand.
 */
export function validateConfig(value: unknown, file: string | undefined): readonly Finding[] {
  const findings: Finding[] = [];
  config(value, '', (path, reason, hint) => {
    findings.push({ file, path: path === '' ? undefined : path, reason, hint });
  });
  return findings;
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** What the config may map each logical type to; the first is the default. */
const REPRESENTATIONS: { readonly [L in keyof LogicalRepresentation]: readonly LogicalRepresentation[L][] } = {
  decimal: ['string', 'bigint'],
  uuid: ['string'],
  date: ['string', 'Date', 'number'],
  'time-millis': ['number', 'string'],
  'time-micros': ['number', 'bigint', 'string'],
  'timestamp-millis': ['Date', 'number', 'bigint', 'string'],
  'timestamp-micros': ['bigint', 'number', 'string'],
  'timestamp-nanos': ['bigint', 'string'],
  'local-timestamp-millis': ['string', 'number', 'bigint'],
  'local-timestamp-micros': ['string', 'number', 'bigint'],
  'local-timestamp-nanos': ['string', 'bigint'],
  duration: ['duration'],
};

const long = oneOf(['bigint', 'number']);
const logical = options(
  Object.fromEntries(
    Object.keys(LOGICAL_DEFAULTS).map((name) => [
      name,
      oneOf([...REPRESENTATIONS[name as keyof LogicalRepresentation], 'base']),
    ]),
  ),
);

/** A folder or file of the project. Not absolute: the same config gives the same bytes on any machine. */
const path: Check = where(
  'a path relative to the config',
  (value) => typeof value === 'string' && value !== '' && !value.includes('\0') && !isAbsolutePath(value),
  'Give a path relative to the folder of the config, with `/`',
);

const out: Check = check(path.expected, (value, at, report) => {
  path(value, at, report);
  // `../x` may still be the config's folder by its own name: only the disk tells, when it is known what would be written.
  if (typeof value === 'string' && /^(\.|\.\.(\/\.\.)*)$/.test(normalizeOut(value)) && value !== '') {
    report(
      at,
      `${JSON.stringify(value)} is the folder of the config, or one above it`,
      "Give generated code a folder of its own, such as 'src/generated'",
    );
  }
});

const schemaId = where(
  'a schema id, an integer from 0 to 2147483647',
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0x7fffffff,
);

const isOwn = (value: unknown): boolean => isObject(value) && 'import' in value;
const own: Options = { import: { required: text }, from: { required: text } };

const formatShape = eitherOf(
  "a format such as 'utf8', an Avro type's full name, or an object with `type` or `import`",
  [
    { when: isText, check: text },
    { when: isOwn, check: options(own) },
    {
      when: isObject,
      check: options({
        type: eitherOf("an Avro type's full name, or a list of them", [
          { when: isText, check: text },
          { when: Array.isArray, check: listOf(text, { atLeastOne: true }) },
        ]),
        subject: text,
        format: oneOf(['confluent', 'avro', 'single-object', 'json']),
        id: eitherOf('a schema id, or an object with one for each type', [
          { when: (value) => typeof value === 'number', check: schemaId },
          { when: isObject, check: mapOf(schemaId) },
        ]),
        writers: listOf(path),
      }),
    },
  ],
);

const format = check(formatShape.expected, (value, at, report) => {
  formatShape(value, at, report);
  if (isObject(value) && !isOwn(value) && value['type'] === undefined && value['format'] !== 'confluent') {
    report(`${at}.type`, 'it is missing', "Give an Avro type's full name, or a list of them");
  }
});

const pattern = where(
  'a regular expression as text',
  (value) => typeof value === 'string' && value !== '' && isRegularExpression(value),
  "Write it as text without slashes, such as 'orders-.*'; it is anchored at both ends",
);

const partitioners = "'murmur2', 'round-robin', 'sticky', 'fixed', `{ field }` or `{ import, from }`";
const partitioner = eitherOf(partitioners, [
  { when: isText, check: oneOf(['murmur2', 'round-robin', 'sticky', 'fixed']) },
  { when: isObject, check: formOf(partitioners, [{ field: text }, own]) },
]);

const flag = where('true or false', (value) => typeof value === 'boolean');

const topicShape = options({
  name: eitherOf("Kafka's name of the topic, or a list of names", [
    { when: isText, check: text },
    { when: Array.isArray, check: listOf(text, { atLeastOne: true }) },
  ]),
  pattern,
  key: format,
  value: { required: format },
  keyFrom: text,
  timestampFrom: text,
  tombstones: flag,
  timestamps: oneOf(['event', 'broker']),
  partitioner,
});

const topic = check(topicShape.expected, (value, at, report) => {
  topicShape(value, at, report);
  if (isObject(value) && value['name'] !== undefined && value['pattern'] !== undefined) {
    report(`${at}.pattern`, 'a topic has a `name` or a `pattern`, not both', 'Remove one of them');
  }
});

const discovery = eitherOf('a duration, or false', [
  { when: (value) => value === false, check: flag },
  { when: (value) => isText(value) || typeof value === 'number', check: duration },
]);

const input = options({
  as: oneOf(['stream', 'table', 'global-table']),
  fields: listOf(text, { atLeastOne: true }),
  outOfOrderness: duration,
  idleAfter: duration,
  ...positions,
  discovery,
});

const states = "an Avro type's name, `{ list }` or `{ map, key }`";
const state = eitherOf(states, [
  { when: isText, check: text },
  { when: isObject, check: formOf(states, [{ list: text }, { map: text, key: { required: text } }]) },
]);

const MOST_AT_ONCE = 10_000;

const MOST_CHECKPOINTS = 10;

const concurrency = upTo(MOST_AT_ONCE, 'handlers may run at once');
const concurrent = upTo(MOST_CHECKPOINTS, 'checkpoints may be under way at once');

function upTo(most: number, what: string): Check {
  return where(
    `a whole number from 1 to ${most}`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most,
    `Give how many ${what}`,
  );
}

const job = options({
  inputs: { required: mapOf(input) },
  outputs: listOf(text),
  state: mapOf(state),
  timers: listOf(text),
  ...positions,
  guarantee: oneOf(['exactly-once', 'at-least-once', 'none']),
  commitOffsets: flag,
  autoCommitInterval: duration,
  checkpoint: options({ interval: duration, concurrent }),
  concurrency,
  handlerTimeout: duration,
  discovery,
  createTopics,
  restart,
  onError,
});

const globs = listOf(text, { atLeastOne: true });

const configShape = options({
  schemas: globs,
  registry,
  out: { required: out },
  jobsDir: path,
  types: options({ long, logical, fields: mapOf(options({ long, logical })) }),
  topics: mapOf(topic),
  jobs: mapOf(job),
  kafka,
  importExtension: oneOf(['auto', '.ts', '.js', 'none']),
  templates: path,
});

const config = check(configShape.expected, (value, at, report) => {
  configShape(value, at, report);
  if (isObject(value) && value['schemas'] === undefined && value['registry'] === undefined) {
    report('schemas', 'it is missing', `Give ${globs.expected}; or a \`registry\``);
  }
});

function isAbsolutePath(value: string): boolean {
  return /^([/\\]|[a-z]:)/i.test(value);
}

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

import { type Check, check, eitherOf, isObject, listOf, oneOf, options, secret, text, where } from './shape.ts';

// The parts of a config that say how jobs run.

export const duration: Check = where("milliseconds, or text such as '500 ms' or '1 hour'", (value) =>
  typeof value === 'number' ? Number.isFinite(value) && value >= 0 : typeof value === 'string' && value !== '',
);

const isText = (value: unknown): boolean => typeof value === 'string';

const times: Check = where(
  'a whole number from 1, or Infinity',
  (value) => typeof value === 'number' && value >= 1 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY),
);
const multiplier = where(
  'a number from 1',
  (value) => typeof value === 'number' && value >= 1 && Number.isFinite(value),
);
const jitter = where('a number from 0 to 1', (value) => typeof value === 'number' && value >= 0 && value <= 1);

const SAME = { sameFailures: times };
const LIMITS = { attempts: times, resetAfter: duration, ...SAME };
const STRATEGIES = {
  none: {},
  'fixed-delay': { ...LIMITS, delay: duration },
  exponential: { ...LIMITS, initialDelay: duration, maxDelay: duration, multiplier, jitter },
  'failure-rate': { ...SAME, failures: times, interval: duration, delay: duration },
};
const strategy = { required: oneOf(Object.keys(STRATEGIES)) };
const anyRestart = options({
  strategy,
  ...STRATEGIES['fixed-delay'],
  ...STRATEGIES.exponential,
  ...STRATEGIES['failure-rate'],
});

export const restart: Check = check(anyRestart.expected, (value, at, report) => {
  anyRestart(value, at, report);
  const name = isObject(value) ? value['strategy'] : undefined;
  if (!isObject(value) || typeof name !== 'string' || !Object.hasOwn(STRATEGIES, name)) return;
  const known = Object.keys(STRATEGIES[name as keyof typeof STRATEGIES]);
  const hint = known.length === 0 ? 'Remove it' : `Its options are ${known.map((each) => `\`${each}\``).join(', ')}`;
  for (const option of new Set(Object.values(STRATEGIES).flatMap(Object.keys))) {
    if (known.includes(option) || value[option] === undefined) continue;
    report(`${at}.${option}`, `strategy '${name}' has no such option`, hint);
  }
});

export const pem: Check = where(
  'PEM as text or bytes',
  (value) => (typeof value === 'string' && value !== '') || value instanceof Uint8Array,
  'Give what the file holds, not its path',
);

const tls = eitherOf("true, false or options of Node's tls.connect", [
  { when: (value) => typeof value === 'boolean', check: where('true or false', (value) => typeof value === 'boolean') },
  { when: isObject, check: options({ ca: pem, cert: pem, key: pem, passphrase: text, servername: text }) },
]);

/** It may be empty where the environment, from which it was read, lacks it: `kgen run` says so then. */
const fromEnvironment = where('a text', isText);

const isFunction = (value: unknown): boolean => typeof value === 'function';
const provider = where('a function that gives a token', isFunction);
const authenticator = where('a function as kafkajs takes it', isFunction);
const PASSWORDS = ['plain', 'scram-sha-256', 'scram-sha-512'];
const sasl = eitherOf('an object with `mechanism`', [
  {
    when: (value) => isObject(value) && value['authenticationProvider'] !== undefined,
    check: options({ mechanism: { required: text }, authenticationProvider: authenticator }),
  },
  {
    when: (value) => isObject(value) && value['mechanism'] === 'oauthbearer',
    check: options({ mechanism: oneOf(['oauthbearer']), oauthBearerProvider: { required: provider } }),
  },
  {
    when: (value) => isObject(value) && value['mechanism'] === 'gssapi',
    check: options({
      mechanism: oneOf(['gssapi']),
      serviceName: fromEnvironment,
      principal: fromEnvironment,
      keytab: fromEnvironment,
    }),
  },
  {
    when: isObject,
    check: options({
      mechanism: oneOf([...PASSWORDS, 'oauthbearer', 'gssapi']),
      username: fromEnvironment,
      password: fromEnvironment,
    }),
  },
]);

/** As wide as Kafka's protocol has them. */
const partitions = countTo(0x7fffffff);
const replicas = countTo(0x7fff);

function countTo(most: number): Check {
  return where(
    `a whole number from 1 to ${most}`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most,
  );
}

export const createTopics: Check = options({ partitions: { required: partitions }, replicationFactor: replicas });

const number = where('a number', (value) => typeof value === 'number' && !Number.isNaN(value));

/** Which numbers will do, and which go together, is said by the runtime when a job is to run. */
const producer = options({
  acks: where("'all' or 1", (value) => value === 'all' || value === 1, "Use 'all'; 1 is for jobs of guarantee 'none'"),
  compression: oneOf(['gzip', 'zstd', 'lz4', 'snappy']),
  batchSize: number,
  linger: duration,
  retries: number,
  maxInFlight: number,
  bufferSize: number,
  patience: duration,
  requestTimeout: duration,
});

export const kafka: Check = options({
  brokers: eitherOf("'host:port' of some brokers", [
    { when: isText, check: fromEnvironment },
    { when: Array.isArray, check: listOf(text, { atLeastOne: true }) },
  ]),
  clientId: text,
  tls: secret(tls),
  sasl: secret(sasl),
  replicationFactor: replicas,
  createTopics,
  sessionTimeout: duration,
  rebalanceTimeout: duration,
  transactionTimeout: duration,
  producer,
});

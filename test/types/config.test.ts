import { expect, test } from 'vitest';
import { typeCheck } from './project.ts';

/** What the compiler says of a config with these options. */
function check(...options: readonly string[]): readonly string[] {
  const files = options.map((option, i) => {
    const text = `import { defineConfig } from 'kgen';
defineConfig({
  schemas: ['schemas/*.avsc'],
  out: 'src/generated',
  topics: { orders: { value: 'utf8' } },
  ${option},
});
`;
    return [`src/config-${i}.ts`, text] as const;
  });
  return typeCheck(Object.fromEntries(files)).map(({ at, message }) => `${at}: ${message}`);
}

const restart = (text: string): string => `jobs: { totals: { inputs: { orders: {} }, restart: ${text} } }`;

test('how jobs run compiles as it is documented', () => {
  const fine = check(
    restart("{ strategy: 'none' }"),
    restart("{ strategy: 'fixed-delay', delay: '1 s', attempts: Infinity, resetAfter: 1000, sameFailures: 5 }"),
    restart("{ strategy: 'exponential', initialDelay: 10, maxDelay: '1 m', multiplier: 1.5, jitter: 0.2 }"),
    "kafka: { brokers: process.env['KAFKA_BROKERS'], sasl: { username: 'a', password: process.env['P'] }, tls: true }",
    "kafka: { brokers: ['a:1'], tls: { ca: 'PEM' }, sasl: { mechanism: 'scram-sha-512' }, producer: { compression: 'zstd', acks: 'all' } }",
    "kafka: { sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) } }",
  );
  expect(fine).toEqual([]);
});

test('what a strategy does not have does not compile', () => {
  const wrong = check(
    restart("{ strategy: 'none', attempts: 1 }"),
    restart("{ strategy: 'fixed-delay', maxDelay: 1 }"),
    restart("{ strategy: 'sometimes' }"),
    restart("{ delay: '1 s' }"),
    "kafka: { broker: 'a:1' }",
    "kafka: { sasl: { mechanism: 'oauthbearer', username: 'a' } }",
  );
  expect(wrong).toEqual([
    expect.stringContaining(
      "attempts: Object literal may only specify known properties, and 'attempts' does not exist",
    ),
    expect.stringContaining(
      "maxDelay: Object literal may only specify known properties, and 'maxDelay' does not exist",
    ),
    expect.stringContaining('strategy: Type \'"sometimes"\' is not assignable'),
    expect.stringContaining('restart: '),
    expect.stringContaining("broker: Object literal may only specify known properties, but 'broker' does not exist"),
    expect.stringContaining('username: '),
  ]);
});

import { describe, test } from 'vitest';
import { kafkaClassPath } from './jars.ts';
import { sharedKafka } from './shared-broker.ts';

/**
 * Tests against a real Kafka, which all test files of a run share. Where none can be had they are skipped, with the reason;
 * with `CI=true` that is a failure. To be awaited at the top of a test file.
 */
export async function describeKafka(name: string, body: (brokers: readonly string[]) => void): Promise<void> {
  const found = await sharedKafka();
  if ('brokers' in found) describe(name, () => body(found.brokers.split(',')));
  else skip(name, found.unavailable);
}

/** Tests that need Kafka's Java classes, but no broker of the run: they start their own, or none. */
export async function describeWithKafkaJars(name: string, body: () => void): Promise<void> {
  try {
    await kafkaClassPath();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'KAFKA_UNAVAILABLE')) throw error;
    skip(name, error.message);
    return;
  }
  describe(name, body);
}

function skip(name: string, reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(`no Kafka for ${name}: ${reason}`);
  describe.skip(`${name} (no Kafka: ${reason})`, () => {
    test('needs Kafka', () => undefined);
  });
}

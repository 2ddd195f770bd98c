import { describe } from 'vitest';
import { isUnavailable } from '../fetched.ts';
import { skip } from '../skip.ts';
import { kafkaClassPath } from './jars.ts';
import { sharedKafka } from './shared-broker.ts';

/**
 * Tests against a real Kafka, which all test files of a run share. Where none can be had they are skipped, with the reason;
 * with `CI=true` that is a failure. To be awaited at the top of a test file.
 */
export async function describeKafka(name: string, body: (brokers: readonly string[]) => void): Promise<void> {
  const found = await sharedKafka();
  if ('address' in found) describe(name, () => body(found.address.split(',')));
  else skip(name, 'Kafka', found.unavailable);
}

/** Tests that need Kafka's Java classes, but no broker of the run: they start their own, or none. */
export async function describeWithKafkaJars(name: string, body: () => void): Promise<void> {
  try {
    await kafkaClassPath();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    skip(name, 'Kafka', error.message);
    return;
  }
  describe(name, body);
}

import { startBroker } from '../../test/support/kafka/broker.ts';

/** Calls `use` with the brokers of KAFKA_BROKERS, or with one of its own, which then ends. */
export async function withBrokers<T>(use: (brokers: readonly string[]) => Promise<T>): Promise<T> {
  const { KAFKA_BROKERS } = process.env;
  if (KAFKA_BROKERS !== undefined) return use(KAFKA_BROKERS.split(','));
  const broker = await startBroker({ jvm: ['-Xmx1g'] });
  try {
    return await use([broker.address]);
  } finally {
    await broker.stop();
  }
}

import { type Found, sharedServer } from '../shared-server.ts';
import { startBroker } from './broker.ts';

/** A Kafka for all test files of this run: the one that `KAFKA_BROKERS` names, else one that is started for them. */
export async function sharedKafka(): Promise<Found> {
  const { KAFKA_BROKERS } = process.env;
  if (KAFKA_BROKERS !== undefined && KAFKA_BROKERS !== '') return { address: KAFKA_BROKERS };
  return sharedServer('kafka', async (place) => (await startBroker(place)).address);
}

import { LogError, type TopicPartition } from '../port.ts';

/** Bytes that no broker should have given away: reading them again gives the same. */
export function corrupt(place: TopicPartition, offset: number, what: string, options?: ErrorOptions): LogError {
  return new LogError('fatal', `${place.topic}-${place.partition}, record batch at offset ${offset}: ${what}`, options);
}

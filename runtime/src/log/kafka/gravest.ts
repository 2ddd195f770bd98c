import type { LogErrorKind, TopicPartition } from '../port.ts';
import { ERROR_CODES } from './error-codes.ts';
import { answeredError, KafkaError } from './errors.ts';
import type { PartitionResult } from './messages/by-topic.ts';
import type { RequestName } from './request-name.ts';

const WEIGHT: readonly LogErrorKind[] = ['fenced', 'fatal', 'unknown-outcome', 'abortable', 'retriable'];

/** The gravest answer of all partitions (I1); one that is missing is none to believe. Undefined where all went well. */
export function gravest(
  request: RequestName,
  results: readonly PartitionResult[],
  asked: readonly TopicPartition[],
): KafkaError | undefined {
  const errors = results
    .filter(({ error }) => error !== 0)
    .map(({ topic, partition, error }) => answeredError(request, error, `${topic}-${partition}`));
  // It only says that another partition has an error.
  const causes = errors.filter(({ kafkaCode }) => kafkaCode !== ERROR_CODES.OPERATION_NOT_ATTEMPTED);
  const worst = (causes.length > 0 ? causes : errors).sort(
    (a, b) => WEIGHT.indexOf(a.kind) - WEIGHT.indexOf(b.kind),
  )[0];
  if (worst !== undefined) return worst;
  if (results.length >= asked.length) return undefined;
  return new KafkaError('unknown-outcome', request, `${request}: ${asked.length - results.length} answers are missing`);
}

import type { LogError } from '../../port.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { KafkaError } from '../errors.ts';

/** A member that is one no more cannot commit; its producer can go on. */
export function endsProducer(error: LogError): boolean {
  if (error.kind === 'unknown-outcome') return true;
  return (
    error.kind === 'fenced' && !(error instanceof KafkaError && error.request === 'TxnOffsetCommit' && isMember(error))
  );
}

function isMember({ kafkaCode }: KafkaError): boolean {
  return (
    kafkaCode === ERROR_CODES.UNKNOWN_MEMBER_ID ||
    kafkaCode === ERROR_CODES.FENCED_INSTANCE_ID ||
    kafkaCode === ERROR_CODES.FENCED_MEMBER_EPOCH
  );
}

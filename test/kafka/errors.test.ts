import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorName, errorName } from '../../runtime/src/log/kafka/error-codes.ts';
import { answeredError, coordinatorMoved, leaderMoved, verdictOf } from '../../runtime/src/log/kafka/errors.ts';
import type { RequestName } from '../../runtime/src/log/kafka/request-name.ts';
import { isLogError } from '../../runtime/src/log/port.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { askJava } from '../support/kafka/java.ts';
import { SAMPLES } from './message-samples.ts';

const REQUESTS = [...new Map(SAMPLES.map(({ message }) => [message.name, message])).values()];
const CODES = Object.entries(ERROR_CODES) as [ErrorName, number][];
const verdict = (request: RequestName, name: ErrorName): string => verdictOf(request, ERROR_CODES[name]);

describe('error codes', () => {
  test.each(REQUESTS)('of $name: each has a verdict that fits the request', ({ name, repeatable }) => {
    for (const [error, code] of CODES) {
      const found = verdictOf(name, code);
      expect(['retriable', 'abortable', 'fenced', 'unknown-outcome', 'fatal', 'answer']).toContain(found);
      // A request without effect has no unknown outcome; InitProducerId alone may need another incarnation.
      if (repeatable && name !== 'InitProducerId') expect(`${error} ${found}`).not.toContain('unknown-outcome');
    }
    // "Perhaps it happened": never swallowed, never taken for a failure that is final.
    const unclear = repeatable ? ['retriable'] : ['unknown-outcome', 'retriable'];
    for (const error of ['UNKNOWN_SERVER_ERROR', 'REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION'] as const)
      expect(unclear).toContain(verdict(name, error));
    expect(verdictOf(name, 0)).toBe('answer');
    expect(verdictOf(name, 31_000)).toBe('fatal');
    for (const error of ['UNSUPPORTED_VERSION', 'INVALID_REQUEST', 'CLUSTER_AUTHORIZATION_FAILED'] as const)
      expect(verdict(name, error)).toBe('fatal');
  });

  test('EndTxn: certainly not decided with two codes only (I5)', () => {
    const retriable = CODES.filter(([, code]) => verdictOf('EndTxn', code) === 'retriable').map(([name]) => name);
    expect(retriable.sort()).toEqual(['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS']);
    for (const [error, code] of CODES) {
      const found = verdictOf('EndTxn', code);
      if (code !== 0) expect(`${error} ${found}`).not.toMatch(/answer|abortable/);
    }
  });

  test('a stale generation aborts, a lost membership fences (I4)', () => {
    for (const request of ['TxnOffsetCommit', 'OffsetCommit', 'Heartbeat', 'SyncGroup'] as const) {
      expect(verdict(request, 'ILLEGAL_GENERATION')).toBe('abortable');
      expect(verdict(request, 'REBALANCE_IN_PROGRESS')).toBe('abortable');
      for (const error of ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'FENCED_MEMBER_EPOCH'] as const)
        expect(verdict(request, error)).toBe('fenced');
    }
  });

  test('an older epoch is fenced, whatever it asks', () => {
    const requests = [
      'Produce',
      'InitProducerId',
      'AddPartitionsToTxn',
      'AddOffsetsToTxn',
      'TxnOffsetCommit',
      'EndTxn',
    ] as const;
    for (const request of requests)
      for (const error of ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING'] as const)
        expect(verdict(request, error)).toBe('fenced');
  });

  test('the same code means other things elsewhere', () => {
    expect(verdict('Metadata', 'UNKNOWN_TOPIC_OR_PARTITION')).toBe('answer');
    expect(verdict('Fetch', 'UNKNOWN_TOPIC_OR_PARTITION')).toBe('retriable');
    expect(verdict('EndTxn', 'NOT_COORDINATOR')).toBe('unknown-outcome');
    expect(verdict('TxnOffsetCommit', 'NOT_COORDINATOR')).toBe('retriable');
    expect(verdict('OffsetFetch', 'UNSTABLE_OFFSET_COMMIT')).toBe('retriable');
    expect(verdict('Produce', 'REQUEST_TIMED_OUT')).toBe('retriable');
    expect(verdict('EndTxn', 'REQUEST_TIMED_OUT')).toBe('unknown-outcome');
    expect(verdict('Fetch', 'OFFSET_OUT_OF_RANGE')).toBe('fatal');
  });

  test('say whom to look up anew', () => {
    expect(CODES.filter(([, code]) => coordinatorMoved(code)).map(([name]) => name)).toEqual([
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
    ]);
    expect(leaderMoved(ERROR_CODES.NOT_LEADER_OR_FOLLOWER)).toBe(true);
    expect(leaderMoved(ERROR_CODES.OFFSET_OUT_OF_RANGE)).toBe(false);
  });

  test('become errors that name request, subject, code, and what to do', () => {
    const error = answeredError('InitProducerId', 50, 'transactional id job-1', 'too long');
    expect(isLogError(error)).toBe(true);
    expect(error).toMatchObject({ kind: 'fatal', kafkaCode: 50, kafkaName: 'INVALID_TRANSACTION_TIMEOUT' });
    expect(error.message).toBe(
      'InitProducerId of transactional id job-1: INVALID_TRANSACTION_TIMEOUT (50): too long ' +
        "(lower the transaction timeout, or raise the broker's transaction.max.timeout.ms)",
    );
    const unknown = answeredError('Fetch', 999, 't-0');
    expect(unknown).toMatchObject({ kind: 'fatal', kafkaCode: 999, kafkaName: undefined });
    expect(unknown.message).toBe('Fetch of t-0: an error unknown to this client (999)');
  });
});

await describeWithKafkaJars('error codes, as Kafka has them', () => {
  test('the same names; what Java retries is retried here, but where it says why not', async () => {
    const kafka = await askJava('WireOracle');
    const lines = (await kafka.ask('errors')).split(',').filter((line) => line !== '');
    kafka.stop();
    expect(lines.length).toBe(CODES.length);
    const differently: string[] = [];
    for (const line of lines) {
      const [code, name, retriable] = line.split(' ');
      expect(errorName(Number(code))).toBe(name);
      const anywhere = REQUESTS.some((message) => verdictOf(message.name, Number(code)) === 'retriable');
      if (retriable === 'true' && !anywhere) differently.push(name ?? '');
    }
    // Of requests that this client does not send: elections, share groups.
    expect(differently).toEqual([
      'PREFERRED_LEADER_NOT_AVAILABLE',
      'ELIGIBLE_LEADERS_NOT_AVAILABLE',
      'ELECTION_NOT_NEEDED',
      'SHARE_SESSION_NOT_FOUND',
      'INVALID_SHARE_SESSION_EPOCH',
      'SHARE_SESSION_LIMIT_REACHED',
    ]);
  });
});

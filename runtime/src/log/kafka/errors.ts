import { LogError, type LogErrorKind } from '../port.ts';
import { ERROR_CODES, type ErrorName, errorName } from './error-codes.ts';
import type { RequestName } from './request-name.ts';

/**
 * What an error code of an answer means. `answer`: no failure; what is asked for is so already, or is not there, and the caller
 * knows what to do.
 */
export type Verdict = LogErrorKind | 'answer';

type Rows = { readonly [V in Verdict]?: readonly ErrorName[] };

// Requests to the leader of a partition, which may have moved, or be starting.
const LEADER: readonly ErrorName[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'LISTENER_NOT_FOUND',
];
const COORDINATOR: readonly ErrorName[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
];
const CONTROLLER: readonly ErrorName[] = ['NOT_CONTROLLER', 'THROTTLING_QUOTA_EXCEEDED', 'LEADER_NOT_AVAILABLE'];
const OTHER_INCARNATION: readonly ErrorName[] = [
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
];
/** The member is one no more, or another took its place. */
const OTHER_MEMBER: readonly ErrorName[] = ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'FENCED_MEMBER_EPOCH'];
/** The member is one still, in a generation that is over: perhaps its own staleness alone (I4). */
const OTHER_GENERATION: readonly ErrorName[] = ['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'STALE_MEMBER_EPOCH'];
/** The outcome of a request that was answered with one of these is unknown, unless it may simply be repeated. */
const UNCLEAR: readonly ErrorName[] = ['UNKNOWN_SERVER_ERROR', 'REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION'];

/**
 * The table: what each code means in the answer to each request (I5). Codes that a row does not name are `fatal`:
 * authorization, configuration, or a programming error.
 */
const TABLE: { readonly [R in RequestName]: Rows } = {
  ApiVersions: { retriable: UNCLEAR },
  SaslHandshake: { retriable: UNCLEAR },
  SaslAuthenticate: { retriable: UNCLEAR },
  Metadata: {
    retriable: [...UNCLEAR, ...LEADER.filter((name) => name !== 'UNKNOWN_TOPIC_OR_PARTITION'), 'REBOOTSTRAP_REQUIRED'],
    answer: ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'],
  },
  FindCoordinator: { retriable: [...UNCLEAR, ...COORDINATOR] },
  ListOffsets: { retriable: [...UNCLEAR, ...LEADER] },
  OffsetForLeaderEpoch: { retriable: [...UNCLEAR, ...LEADER] },
  Fetch: {
    retriable: [
      ...UNCLEAR,
      ...LEADER,
      'CORRUPT_MESSAGE',
      // Metadata says whether it is another topic by now (I19).
      'UNKNOWN_TOPIC_ID',
      'INCONSISTENT_TOPIC_ID',
      'FETCH_SESSION_ID_NOT_FOUND',
      'INVALID_FETCH_SESSION_EPOCH',
      'FETCH_SESSION_TOPIC_ID_ERROR',
      'OFFSET_MOVED_TO_TIERED_STORAGE',
    ],
  },
  Produce: {
    // Batches have sequence numbers: one that was appended after all is recognised when it comes again.
    retriable: [
      ...LEADER,
      'CORRUPT_MESSAGE',
      'UNKNOWN_TOPIC_ID',
      'INCONSISTENT_TOPIC_ID',
      'REQUEST_TIMED_OUT',
      'NETWORK_EXCEPTION',
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
      // Of protocol 2, where the broker adds the partition to the transaction.
      'CONCURRENT_TRANSACTIONS',
      ...COORDINATOR,
    ],
    abortable: [
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'UNKNOWN_PRODUCER_ID',
      'INVALID_TXN_STATE',
      'TRANSACTION_ABORTABLE',
      'MESSAGE_TOO_LARGE',
      'RECORD_LIST_TOO_LARGE',
      'INVALID_RECORD',
      'INVALID_TIMESTAMP',
    ],
    fenced: OTHER_INCARNATION,
    'unknown-outcome': ['UNKNOWN_SERVER_ERROR'],
    answer: ['DUPLICATE_SEQUENCE_NUMBER'],
  },
  InitProducerId: {
    retriable: [...UNCLEAR, ...COORDINATOR, 'CONCURRENT_TRANSACTIONS'],
    fenced: OTHER_INCARNATION,
    'unknown-outcome': ['TRANSACTION_ABORTABLE', 'UNKNOWN_PRODUCER_ID'],
  },
  AddPartitionsToTxn: {
    retriable: [...COORDINATOR, 'CONCURRENT_TRANSACTIONS', 'UNKNOWN_TOPIC_OR_PARTITION'],
    abortable: ['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    fenced: OTHER_INCARNATION,
    'unknown-outcome': [...UNCLEAR, 'INVALID_TXN_STATE'],
  },
  AddOffsetsToTxn: {
    retriable: [...COORDINATOR, 'CONCURRENT_TRANSACTIONS'],
    abortable: ['UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    fenced: OTHER_INCARNATION,
    'unknown-outcome': [...UNCLEAR, 'INVALID_TXN_STATE'],
  },
  TxnOffsetCommit: {
    retriable: [...COORDINATOR, 'CONCURRENT_TRANSACTIONS', 'UNKNOWN_TOPIC_OR_PARTITION'],
    abortable: [...OTHER_GENERATION, 'INVALID_TXN_STATE', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE'],
    fenced: [...OTHER_INCARNATION, ...OTHER_MEMBER],
    'unknown-outcome': UNCLEAR,
  },
  EndTxn: {
    // Refused before anything was decided. All else may come after the decision was written (I5).
    retriable: ['COORDINATOR_LOAD_IN_PROGRESS', 'CONCURRENT_TRANSACTIONS'],
    fenced: OTHER_INCARNATION,
    'unknown-outcome': [
      ...UNCLEAR,
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'INVALID_TXN_STATE',
      'UNKNOWN_PRODUCER_ID',
      'TRANSACTION_ABORTABLE',
    ],
  },
  OffsetFetch: {
    retriable: [...UNCLEAR, ...COORDINATOR, 'UNSTABLE_OFFSET_COMMIT', 'UNKNOWN_TOPIC_OR_PARTITION'],
    abortable: OTHER_GENERATION,
    fenced: OTHER_MEMBER,
  },
  OffsetCommit: {
    retriable: [...UNCLEAR, ...COORDINATOR, 'UNKNOWN_TOPIC_OR_PARTITION'],
    abortable: OTHER_GENERATION,
    fenced: OTHER_MEMBER,
  },
  JoinGroup: {
    retriable: [...UNCLEAR, ...COORDINATOR, 'REBALANCE_IN_PROGRESS', 'UNRELEASED_INSTANCE_ID'],
    abortable: ['ILLEGAL_GENERATION'],
    fenced: OTHER_MEMBER,
    answer: ['MEMBER_ID_REQUIRED'],
  },
  SyncGroup: { retriable: [...UNCLEAR, ...COORDINATOR], abortable: OTHER_GENERATION, fenced: OTHER_MEMBER },
  Heartbeat: { retriable: [...UNCLEAR, ...COORDINATOR], abortable: OTHER_GENERATION, fenced: OTHER_MEMBER },
  LeaveGroup: {
    retriable: [...UNCLEAR, ...COORDINATOR],
    fenced: ['FENCED_INSTANCE_ID'],
    answer: ['UNKNOWN_MEMBER_ID'],
  },
  DescribeGroups: { retriable: [...UNCLEAR, ...COORDINATOR], answer: ['GROUP_ID_NOT_FOUND'] },
  // One that is gone is gone.
  DeleteTopics: {
    retriable: [...UNCLEAR, ...CONTROLLER],
    answer: ['UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC_OR_PARTITION'],
  },
  CreateTopics: { retriable: [...UNCLEAR, ...CONTROLLER], answer: ['TOPIC_ALREADY_EXISTS'] },
  DescribeConfigs: { retriable: [...UNCLEAR, ...CONTROLLER, 'UNKNOWN_TOPIC_OR_PARTITION'] },
  DeleteRecords: { retriable: [...UNCLEAR, ...LEADER, ...CONTROLLER] },
  DescribeProducers: { retriable: [...UNCLEAR, ...LEADER] },
  ListTransactions: { retriable: [...UNCLEAR, ...COORDINATOR] },
  DescribeTransactions: { retriable: [...UNCLEAR, ...COORDINATOR], answer: ['TRANSACTIONAL_ID_NOT_FOUND'] },
};

/** For the fatal ones: what whoever reads the message is to do. */
const ADVICE: { readonly [Name in ErrorName]?: string } = {
  TOPIC_AUTHORIZATION_FAILED: 'grant this principal access to the topic (Read, Write, Describe as needed)',
  GROUP_AUTHORIZATION_FAILED: 'grant this principal Read on the group',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    'grant this principal Write and Describe on the transactional ids of the job, as a prefix',
  CLUSTER_AUTHORIZATION_FAILED: 'grant this principal the operation on the cluster',
  ILLEGAL_SASL_STATE: 'this listener of the broker has no SASL: take another port, or leave sasl out',
  INVALID_TRANSACTION_TIMEOUT: "lower the transaction timeout, or raise the broker's transaction.max.timeout.ms",
  INVALID_SESSION_TIMEOUT:
    "keep the session timeout within the broker's group.min.session.timeout.ms and group.max.session.timeout.ms",
  INCONSISTENT_GROUP_PROTOCOL: 'another kind of consumer is in the group: stop it, or name this job otherwise',
  GROUP_MAX_SIZE_REACHED: "the group is full: see the broker's group.max.size",
  MESSAGE_TOO_LARGE: "raise the topic's max.message.bytes, or write smaller records",
  RECORD_LIST_TOO_LARGE: 'the batch is larger than a segment of the topic: see segment.bytes',
  INVALID_TIMESTAMP:
    "the topic's message.timestamp.after.max.ms and .before.max.ms say how far times may be from the broker's clock: raise them, or set timestamps: 'broker'",
  OFFSET_METADATA_TOO_LARGE: "raise the broker's offset.metadata.max.bytes",
  OFFSET_OUT_OF_RANGE: 'the records at this offset are deleted, or never were',
  UNSUPPORTED_COMPRESSION_TYPE: 'the topic or the broker does not take this compression',
  UNSUPPORTED_VERSION: 'the brokers are too old, or their features not yet upgraded',
  POLICY_VIOLATION: "the cluster's policy refuses it",
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than replicas wanted: ask for fewer replicas, or add brokers',
};

export function verdictOf(request: RequestName, code: number): Verdict {
  return VERDICTS.get(request)?.get(code) ?? (code === 0 ? 'answer' : 'fatal');
}

const VERDICTS: ReadonlyMap<string, ReadonlyMap<number, Verdict>> = new Map(
  Object.entries(TABLE).map(([request, rows]) => [request, byCode(rows)]),
);

function byCode(rows: Rows): ReadonlyMap<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  for (const [verdict, names] of Object.entries(rows))
    for (const name of names) verdicts.set(ERROR_CODES[name], verdict as Verdict);
  return verdicts;
}

const LEADER_CODES: ReadonlySet<number> = new Set<number>([
  ...LEADER.map((name) => ERROR_CODES[name]),
  ERROR_CODES.UNKNOWN_TOPIC_ID,
  ERROR_CODES.INCONSISTENT_TOPIC_ID,
]);

/** Whoever was asked is the wrong one: look up the leader anew before repeating. */
export function leaderMoved(code: number): boolean {
  return LEADER_CODES.has(code);
}

/** Whoever was asked is the wrong one: look up the coordinator anew before repeating. */
export function coordinatorMoved(code: number): boolean {
  return code === ERROR_CODES.NOT_COORDINATOR || code === ERROR_CODES.COORDINATOR_NOT_AVAILABLE;
}

/** An error that Kafka answered with, or why there is no answer. Never holds credentials or the content of records. */
export class KafkaError extends LogError {
  readonly request: RequestName;
  /** Kafka's code; undefined where there is no answer. */
  readonly kafkaCode: number | undefined;
  readonly kafkaName: ErrorName | undefined;

  constructor(
    kind: LogErrorKind,
    request: RequestName,
    message: string,
    options?: ErrorOptions & { readonly kafkaCode?: number },
  ) {
    super(kind, message, options);
    this.name = 'KafkaError';
    this.request = request;
    this.kafkaCode = options?.kafkaCode;
    this.kafkaName = options?.kafkaCode === undefined ? undefined : errorName(options.kafkaCode);
  }
}

/**
 * The error for a code that is not 0 and no `answer`. `what` names what it was about: a topic, a group, a transactional id;
 * `detail` is what the broker says itself.
 */
export function answeredError(request: RequestName, code: number, what: string, detail?: string | null): KafkaError {
  const verdict = verdictOf(request, code);
  const name = errorName(code);
  const advice = name === undefined ? undefined : ADVICE[name];
  const said = detail === undefined || detail === null || detail === '' ? '' : `: ${detail}`;
  const todo = advice === undefined ? '' : ` (${advice})`;
  const message = `${request} of ${what}: ${name ?? 'an error unknown to this client'} (${code})${said}${todo}`;
  return new KafkaError(verdict === 'answer' ? 'fatal' : verdict, request, message, { kafkaCode: code });
}

import { addOffsetsToTxn } from '../../runtime/src/log/kafka/messages/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../../runtime/src/log/kafka/messages/add-partitions-to-txn.ts';
import { apiVersions } from '../../runtime/src/log/kafka/messages/api-versions.ts';
import { createTopics } from '../../runtime/src/log/kafka/messages/create-topics.ts';
import { deleteRecords } from '../../runtime/src/log/kafka/messages/delete-records.ts';
import { deleteTopics } from '../../runtime/src/log/kafka/messages/delete-topics.ts';
import { describeConfigs } from '../../runtime/src/log/kafka/messages/describe-configs.ts';
import { describeGroups } from '../../runtime/src/log/kafka/messages/describe-groups.ts';
import { describeProducers } from '../../runtime/src/log/kafka/messages/describe-producers.ts';
import { describeTransactions } from '../../runtime/src/log/kafka/messages/describe-transactions.ts';
import { endTxnV1, endTxnV2 } from '../../runtime/src/log/kafka/messages/end-txn.ts';
import { fetch } from '../../runtime/src/log/kafka/messages/fetch.ts';
import { findCoordinator } from '../../runtime/src/log/kafka/messages/find-coordinator.ts';
import { heartbeat } from '../../runtime/src/log/kafka/messages/heartbeat.ts';
import { initProducerId } from '../../runtime/src/log/kafka/messages/init-producer-id.ts';
import { joinGroup } from '../../runtime/src/log/kafka/messages/join-group.ts';
import { leaveGroup } from '../../runtime/src/log/kafka/messages/leave-group.ts';
import { listOffsets } from '../../runtime/src/log/kafka/messages/list-offsets.ts';
import { listTransactions } from '../../runtime/src/log/kafka/messages/list-transactions.ts';
import type { Answer, Message } from '../../runtime/src/log/kafka/messages/message.ts';
import { metadata } from '../../runtime/src/log/kafka/messages/metadata.ts';
import { offsetCommit } from '../../runtime/src/log/kafka/messages/offset-commit.ts';
import { offsetFetch } from '../../runtime/src/log/kafka/messages/offset-fetch.ts';
import { offsetForLeaderEpoch } from '../../runtime/src/log/kafka/messages/offset-for-leader-epoch.ts';
import { produceV1, produceV2 } from '../../runtime/src/log/kafka/messages/produce.ts';
import { saslAuthenticate } from '../../runtime/src/log/kafka/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../runtime/src/log/kafka/messages/sasl-handshake.ts';
import { syncGroup } from '../../runtime/src/log/kafka/messages/sync-group.ts';
import { txnOffsetCommitV1, txnOffsetCommitV2 } from '../../runtime/src/log/kafka/messages/txn-offset-commit.ts';

type Json = { readonly [field: string]: unknown };

/** One message as this client and as Kafka's own code see it. */
export interface Sample<Request = never> {
  readonly message: Message<Request, Answer>;
  readonly request: Request;
  /** The fields of the request in Kafka's JSON. */
  readonly requestJson: (version: number) => Json;
  /** An answer in Kafka's JSON. */
  readonly responseJson: (version: number) => Json;
  readonly response: (version: number) => unknown;
}

/** A topic id in Kafka's notation. */
const ID = 'S2tra2tra2tra2tra2trag';
const BIG = 2 ** 40 + 7;
const hint = { leaderId: 4, leaderEpoch: 9 };
const endpoint = { nodeId: 4, host: 'four', port: 9094, rack: 'r' };
const broker4 = { node: 4, host: 'four', port: 9094 };
const identity = { transactionalId: 'tx', producerId: BIG, epoch: 3 };
const identityJson = { transactionalId: 'tx', producerId: BIG, producerEpoch: 3 };
const member = { group: 'g', generation: 7, memberId: 'm', instanceId: null };
const memberJson = { groupId: 'g', memberId: 'm', groupInstanceId: null };
const offset = { topic: 't', partition: 1, offset: BIG, leaderEpoch: 5, metadata: 'märk' };
const offsetsJson = [
  {
    name: 't',
    partitions: [{ partitionIndex: 1, committedOffset: BIG, committedLeaderEpoch: 5, committedMetadata: 'märk' }],
  },
];
const resultsJson: Json = {
  throttleTimeMs: 0,
  topics: [{ name: 't', partitions: [{ partitionIndex: 1, errorCode: 22 }] }],
};
const results = [{ topic: 't', partition: 1, error: 22 }];

function sample<Request>(of: Sample<Request>): Sample {
  return of as unknown as Sample;
}

function simple<Request>(
  message: Message<Request, Answer>,
  request: Request,
  requestJson: Json,
  responseJson: Json,
  response: unknown,
): Sample {
  return sample({
    message,
    request,
    requestJson: () => requestJson,
    responseJson: () => ({ throttleTimeMs: 12, ...responseJson }),
    response: () => ({ throttle: 12, ...(response as object) }),
  });
}

const produceRequest = {
  transactionalId: 'tx',
  acks: -1 as const,
  timeout: 30_000,
  partitions: [
    { topic: 't', partition: 0, records: [Buffer.from('abc'), Buffer.alloc(5000, 7)] },
    { topic: 'u', partition: 1, records: [Buffer.from('x')] },
    { topic: 't', partition: 2, records: [Buffer.from('y')] },
  ],
};

const produced = (version: number): Json => ({
  index: 0,
  errorCode: 87,
  baseOffset: BIG,
  logAppendTimeMs: 2 ** 60,
  logStartOffset: 3,
  recordErrors: [{ batchIndex: 2, batchIndexErrorMessage: 'bad' }],
  errorMessage: 'invalid',
  ...(version >= 10 && { currentLeader: hint }),
});

const produceSample = (message: typeof produceV1): Sample =>
  sample({
    message,
    request: produceRequest,
    requestJson: () => ({ transactionalId: 'tx', acks: -1, timeoutMs: 30_000 }),
    responseJson: (version) => ({
      responses: [{ name: 't', partitionResponses: [produced(version)] }],
      throttleTimeMs: 12,
      ...(version >= 10 && { nodeEndpoints: [endpoint] }),
    }),
    response: (version) => ({
      throttle: 12,
      partitions: [
        {
          topic: 't',
          partition: 0,
          error: 87,
          baseOffset: BIG,
          recordErrors: [{ index: 2, message: 'bad' }],
          message: 'invalid',
          leader: version >= 10 ? { node: 4, leaderEpoch: 9 } : undefined,
        },
      ],
      endpoints: version >= 10 ? [broker4] : [],
    }),
  });

export const SAMPLES: readonly Sample[] = [
  sample({
    message: saslHandshake,
    request: { mechanism: 'SCRAM-SHA-512' },
    requestJson: () => ({ mechanism: 'SCRAM-SHA-512' }),
    responseJson: () => ({ errorCode: 33, mechanisms: ['PLAIN', 'SCRAM-SHA-256'] }),
    response: () => ({ throttle: 0, error: 33, mechanisms: ['PLAIN', 'SCRAM-SHA-256'] }),
  }),
  sample({
    message: saslAuthenticate,
    request: { bytes: Buffer.from('n,,n=ü') },
    requestJson: () => ({ authBytes: Buffer.from('n,,n=ü').toString('base64') }),
    responseJson: (version) => ({
      errorCode: 58,
      errorMessage: 'nö',
      authBytes: Buffer.from('e=x').toString('base64'),
      ...(version >= 1 && { sessionLifetimeMs: BIG }),
    }),
    response: (version) => ({
      throttle: 0,
      error: 58,
      message: 'nö',
      bytes: Buffer.from('e=x'),
      sessionLifetime: version >= 1 ? BIG : 0,
    }),
  }),
  simple(
    apiVersions,
    { software: 'kgen', version: '1' },
    { clientSoftwareName: 'kgen', clientSoftwareVersion: '1' },
    {
      errorCode: 0,
      apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 13 }],
      finalizedFeaturesEpoch: 5,
      finalizedFeatures: [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 1 }],
      supportedFeatures: [{ name: 'x', minVersion: 1, maxVersion: 4 }],
    },
    { error: 0, apis: new Map([[3, { min: 0, max: 13 }]]), features: new Map([['transaction.version', 2]]) },
  ),
  simple(
    metadata,
    { topics: ['t', 'ü'] },
    {
      topics: [
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 't' },
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'ü' },
      ],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
    },
    {
      brokers: [endpoint],
      clusterId: 'c',
      controllerId: 4,
      topics: [
        {
          errorCode: 0,
          name: 't',
          topicId: ID,
          isInternal: true,
          partitions: [
            {
              errorCode: 5,
              partitionIndex: 2,
              leaderId: -1,
              leaderEpoch: 8,
              replicaNodes: [1, 2],
              isrNodes: [1],
              offlineReplicas: [2],
            },
          ],
          topicAuthorizedOperations: -2147483648,
        },
      ],
    },
    {
      brokers: [broker4],
      clusterId: 'c',
      topics: [
        {
          error: 0,
          topic: 't',
          id: ID,
          internal: true,
          partitions: [{ error: 5, partition: 2, leader: -1, leaderEpoch: 8 }],
          operations: -2147483648,
        },
      ],
    },
  ),
  simple(
    metadata,
    { topics: null },
    { topics: null },
    { brokers: [], clusterId: null, controllerId: -1, topics: [] },
    { brokers: [], clusterId: '', topics: [] },
  ),
  simple(
    metadata,
    { topics: ['t'], operations: true },
    {
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 't' }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    },
    {
      brokers: [],
      clusterId: 'c',
      controllerId: 4,
      topics: [
        { errorCode: 0, name: 't', topicId: ID, isInternal: false, partitions: [], topicAuthorizedOperations: 264 },
      ],
    },
    {
      brokers: [],
      clusterId: 'c',
      topics: [{ error: 0, topic: 't', id: ID, internal: false, partitions: [], operations: 264 }],
    },
  ),
  simple(
    findCoordinator,
    { kind: 'transaction', keys: ['a', 'b'] },
    { keyType: 1, coordinatorKeys: ['a', 'b'] },
    { coordinators: [{ key: 'a', nodeId: 4, host: 'four', port: 9094, errorCode: 15, errorMessage: 'no' }] },
    { coordinators: [{ key: 'a', ...broker4, error: 15, message: 'no' }] },
  ),
  simple(
    listOffsets,
    { isolation: 'read-committed', partitions: [{ topic: 't', partition: 3, timestamp: -1, leaderEpoch: 6 }] },
    {
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ name: 't', partitions: [{ partitionIndex: 3, currentLeaderEpoch: 6, timestamp: -1 }] }],
    },
    {
      topics: [
        {
          name: 't',
          partitions: [{ partitionIndex: 3, errorCode: 6, timestamp: 2 ** 60, offset: BIG, leaderEpoch: 2 }],
        },
      ],
    },
    { partitions: [{ topic: 't', partition: 3, error: 6, offset: BIG, leaderEpoch: 2 }] },
  ),
  simple(
    offsetForLeaderEpoch,
    { partitions: [{ topic: 't', partition: 3, leaderEpoch: 4, currentLeaderEpoch: 6 }] },
    { topics: [{ topic: 't', partitions: [{ partition: 3, currentLeaderEpoch: 6, leaderEpoch: 4 }] }] },
    { topics: [{ topic: 't', partitions: [{ errorCode: 0, partition: 3, leaderEpoch: 4, endOffset: BIG }] }] },
    { partitions: [{ topic: 't', partition: 3, error: 0, leaderEpoch: 4, endOffset: BIG }] },
  ),
  sample({
    message: fetch,
    request: {
      maxWait: 500,
      minBytes: 1,
      maxBytes: 1_000_000,
      isolation: 'read-committed',
      sessionId: 5,
      sessionEpoch: 6,
      partitions: [
        { topicId: ID, partition: 1, currentLeaderEpoch: 2, offset: BIG, lastFetchedEpoch: 1, maxBytes: 1000 },
      ],
      forgotten: [{ topicId: ID, partition: 4 }],
    },
    requestJson: (version) => ({
      ...(version < 15 && { replicaId: -1 }),
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1_000_000,
      isolationLevel: 1,
      sessionId: 5,
      sessionEpoch: 6,
      topics: [
        {
          topicId: ID,
          partitions: [
            {
              partition: 1,
              currentLeaderEpoch: 2,
              fetchOffset: BIG,
              lastFetchedEpoch: 1,
              logStartOffset: -1,
              partitionMaxBytes: 1000,
            },
          ],
        },
      ],
      forgottenTopicsData: [{ topicId: ID, partitions: [4] }],
    }),
    responseJson: (version) => ({
      throttleTimeMs: 12,
      errorCode: 0,
      sessionId: 5,
      responses: [
        {
          topicId: ID,
          partitions: [
            {
              partitionIndex: 1,
              errorCode: 0,
              highWatermark: BIG,
              lastStableOffset: 5,
              logStartOffset: 1,
              divergingEpoch: { epoch: 3, endOffset: 7 },
              currentLeader: hint,
              abortedTransactions: [{ producerId: BIG, firstOffset: 4 }],
              preferredReadReplica: -1,
              records: null,
            },
            {
              partitionIndex: 2,
              errorCode: 6,
              highWatermark: -1,
              lastStableOffset: -1,
              logStartOffset: -1,
              abortedTransactions: null,
              preferredReadReplica: -1,
              records: null,
            },
          ],
        },
      ],
      ...(version >= 16 && { nodeEndpoints: [endpoint] }),
    }),
    response: (version) => ({
      throttle: 12,
      error: 0,
      sessionId: 5,
      partitions: [
        {
          topicId: ID,
          partition: 1,
          error: 0,
          highWatermark: BIG,
          lastStableOffset: 5,
          logStartOffset: 1,
          aborted: [{ producerId: BIG, firstOffset: 4 }],
          diverging: { epoch: 3, endOffset: 7 },
          leader: { node: 4, leaderEpoch: 9 },
          records: Buffer.alloc(0),
        },
        {
          topicId: ID,
          partition: 2,
          error: 6,
          highWatermark: -1,
          lastStableOffset: -1,
          logStartOffset: -1,
          aborted: [],
          diverging: undefined,
          leader: undefined,
          records: Buffer.alloc(0),
        },
      ],
      endpoints: version >= 16 ? [broker4] : [],
    }),
  }),
  produceSample(produceV1),
  produceSample(produceV2),
  simple(
    initProducerId,
    { transactionalId: null, transactionTimeout: 60_000, producerId: -1, epoch: -1 },
    { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 },
    { errorCode: 51, producerId: BIG, producerEpoch: 3 },
    { error: 51, producerId: BIG, epoch: 3 },
  ),
  simple(
    addPartitionsToTxn,
    {
      ...identity,
      partitions: [
        { topic: 't', partition: 1 },
        { topic: 'u', partition: 1 },
        { topic: 't', partition: 2 },
      ],
    },
    {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: BIG,
      v3AndBelowProducerEpoch: 3,
      v3AndBelowTopics: [
        { name: 't', partitions: [1, 2] },
        { name: 'u', partitions: [1] },
      ],
    },
    {
      resultsByTopicV3AndBelow: [{ name: 't', resultsByPartition: [{ partitionIndex: 1, partitionErrorCode: 55 }] }],
    },
    { partitions: [{ topic: 't', partition: 1, error: 55 }] },
  ),
  simple(
    addOffsetsToTxn,
    { ...identity, group: 'g' },
    { ...identityJson, groupId: 'g' },
    { errorCode: 51 },
    { error: 51 },
  ),
  simple(
    txnOffsetCommitV1,
    { ...identity, ...member, offsets: [offset] },
    { ...identityJson, ...memberJson, generationId: 7, topics: offsetsJson },
    resultsJson,
    { throttle: 0, partitions: results },
  ),
  simple(
    txnOffsetCommitV2,
    { ...identity, ...member, instanceId: 'i', offsets: [] },
    { ...identityJson, ...memberJson, groupInstanceId: 'i', generationId: 7, topics: [] },
    resultsJson,
    { throttle: 0, partitions: results },
  ),
  simple(
    endTxnV1,
    { ...identity, commit: true },
    { ...identityJson, committed: true },
    { errorCode: 90 },
    { error: 90 },
  ),
  simple(
    endTxnV2,
    { ...identity, commit: false },
    { ...identityJson, committed: false },
    { errorCode: 0, producerId: BIG, producerEpoch: 4 },
    { error: 0, producerId: BIG, epoch: 4 },
  ),
  simple(
    offsetFetch,
    { group: 'g', partitions: [{ topic: 't', partition: 1 }], requireStable: true },
    { groupId: 'g', topics: [{ name: 't', partitionIndexes: [1] }], requireStable: true },
    {
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 88 },
            { partitionIndex: 2, committedOffset: BIG, committedLeaderEpoch: 4, metadata: 'm', errorCode: 0 },
          ],
        },
      ],
      errorCode: 16,
    },
    {
      error: 16,
      partitions: [
        { topic: 't', partition: 1, offset: -1, leaderEpoch: -1, metadata: '', error: 88 },
        { topic: 't', partition: 2, offset: BIG, leaderEpoch: 4, metadata: 'm', error: 0 },
      ],
    },
  ),
  simple(
    offsetCommit,
    { ...member, offsets: [offset] },
    { ...memberJson, generationIdOrMemberEpoch: 7, topics: offsetsJson },
    resultsJson,
    { throttle: 0, partitions: results },
  ),
  simple(
    joinGroup,
    {
      group: 'g',
      sessionTimeout: 6000,
      rebalanceTimeout: 20_000,
      memberId: '',
      instanceId: 'i',
      protocols: [{ name: 'p', metadata: Buffer.from('meta') }],
      reason: 'because',
    },
    {
      groupId: 'g',
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 20_000,
      memberId: '',
      groupInstanceId: 'i',
      protocolType: 'consumer',
      protocols: [{ name: 'p', metadata: Buffer.from('meta').toString('base64') }],
      reason: 'because',
    },
    {
      errorCode: 0,
      generationId: 7,
      protocolType: 'consumer',
      protocolName: 'p',
      leader: 'm',
      skipAssignment: true,
      memberId: 'm',
      members: [{ memberId: 'm', groupInstanceId: null, metadata: Buffer.from('meta').toString('base64') }],
    },
    {
      error: 0,
      generation: 7,
      protocol: 'p',
      leader: 'm',
      skipAssignment: true,
      memberId: 'm',
      members: [{ memberId: 'm', instanceId: null, metadata: Buffer.from('meta') }],
    },
  ),
  simple(
    syncGroup,
    {
      group: 'g',
      generation: 7,
      memberId: 'm',
      instanceId: null,
      protocol: 'p',
      assignments: [{ memberId: 'm', assignment: Buffer.from('share') }],
    },
    {
      ...memberJson,
      generationId: 7,
      protocolType: 'consumer',
      protocolName: 'p',
      assignments: [{ memberId: 'm', assignment: Buffer.from('share').toString('base64') }],
    },
    { errorCode: 0, protocolType: 'consumer', protocolName: 'p', assignment: Buffer.from('share').toString('base64') },
    { error: 0, protocol: 'p', assignment: Buffer.from('share') },
  ),
  simple(heartbeat, member, { ...memberJson, generationId: 7 }, { errorCode: 27 }, { error: 27 }),
  simple(
    leaveGroup,
    { group: 'g', members: [{ memberId: '', instanceId: 'i' }], reason: 'stop' },
    { groupId: 'g', members: [{ memberId: '', groupInstanceId: 'i', reason: 'stop' }] },
    { errorCode: 0, members: [{ memberId: '', groupInstanceId: 'i', errorCode: 25 }] },
    { error: 0, members: [{ memberId: '', instanceId: 'i', error: 25 }] },
  ),
  sample({
    message: describeGroups,
    request: { groups: ['g'], operations: true },
    requestJson: () => ({ groups: ['g'], includeAuthorizedOperations: true }),
    responseJson: (version) => ({
      throttleTimeMs: 12,
      groups: [
        {
          errorCode: 0,
          ...(version >= 6 && { errorMessage: 'none' }),
          groupId: 'g',
          groupState: 'Stable',
          protocolType: 'consumer',
          protocolData: 'p',
          members: [
            {
              memberId: 'm',
              groupInstanceId: 'i',
              clientId: 'c',
              clientHost: '/h',
              memberMetadata: Buffer.from('meta').toString('base64'),
              memberAssignment: Buffer.from('share').toString('base64'),
            },
          ],
          authorizedOperations: -2147483648,
        },
      ],
    }),
    response: () => ({
      throttle: 12,
      groups: [
        {
          error: 0,
          group: 'g',
          state: 'Stable',
          protocolType: 'consumer',
          members: [
            {
              memberId: 'm',
              instanceId: 'i',
              clientId: 'c',
              metadata: Buffer.from('meta'),
              assignment: Buffer.from('share'),
            },
          ],
          operations: -2147483648,
        },
      ],
    }),
  }),
  simple(
    createTopics,
    {
      topics: [{ topic: 't', partitions: 8, replicationFactor: -1, configs: { 'cleanup.policy': 'compact' } }],
      timeout: 5000,
      validateOnly: true,
    },
    {
      topics: [
        {
          name: 't',
          numPartitions: 8,
          replicationFactor: -1,
          assignments: [],
          configs: [{ name: 'cleanup.policy', value: 'compact' }],
        },
      ],
      timeoutMs: 5000,
      validateOnly: true,
    },
    {
      topics: [
        {
          name: 't',
          topicId: ID,
          errorCode: 36,
          errorMessage: 'there',
          topicConfigErrorCode: 29,
          numPartitions: 8,
          replicationFactor: 1,
          configs: [{ name: 'a', value: null, readOnly: false, configSource: 5, isSensitive: true }],
        },
      ],
    },
    { topics: [{ topic: 't', id: ID, error: 36, message: 'there', partitions: 8 }] },
  ),
  simple(
    deleteTopics,
    { ids: [ID], timeout: 5000 },
    { topics: [{ name: null, topicId: ID }], timeoutMs: 5000 },
    { responses: [{ name: 't', topicId: ID, errorCode: 100, errorMessage: 'unknown' }] },
    { topics: [{ id: ID, error: 100, message: 'unknown' }] },
  ),
  simple(
    describeConfigs,
    {
      resources: [
        { type: 'topic', name: 't', keys: ['cleanup.policy'] },
        { type: 'broker', name: '1', keys: null },
      ],
    },
    {
      resources: [
        { resourceType: 2, resourceName: 't', configurationKeys: ['cleanup.policy'] },
        { resourceType: 4, resourceName: '1', configurationKeys: null },
      ],
      includeSynonyms: false,
      includeDocumentation: false,
    },
    {
      results: [
        {
          errorCode: 0,
          errorMessage: null,
          resourceType: 2,
          resourceName: 't',
          configs: [
            {
              name: 'cleanup.policy',
              value: 'compact',
              readOnly: false,
              configSource: 1,
              isSensitive: false,
              synonyms: [{ name: 'a', value: 'b', source: 5 }],
              configType: 7,
              documentation: null,
            },
          ],
        },
      ],
    },
    { resources: [{ error: 0, message: null, name: 't', configs: new Map([['cleanup.policy', 'compact']]) }] },
  ),
  simple(
    deleteRecords,
    { partitions: [{ topic: 't', partition: 1, before: BIG }], timeout: 1000 },
    { topics: [{ name: 't', partitions: [{ partitionIndex: 1, offset: BIG }] }], timeoutMs: 1000 },
    { topics: [{ name: 't', partitions: [{ partitionIndex: 1, lowWatermark: BIG, errorCode: 6 }] }] },
    { partitions: [{ topic: 't', partition: 1, lowWatermark: BIG, error: 6 }] },
  ),
  simple(
    describeProducers,
    { partitions: [{ topic: 't', partition: 1 }] },
    { topics: [{ name: 't', partitionIndexes: [1] }] },
    {
      topics: [
        {
          name: 't',
          partitions: [
            {
              partitionIndex: 1,
              errorCode: 0,
              errorMessage: null,
              activeProducers: [
                {
                  producerId: BIG,
                  producerEpoch: 3,
                  lastSequence: 9,
                  lastTimestamp: 2 ** 60,
                  coordinatorEpoch: 0,
                  currentTxnStartOffset: 17,
                },
              ],
            },
          ],
        },
      ],
    },
    {
      partitions: [
        {
          topic: 't',
          partition: 1,
          error: 0,
          message: null,
          producers: [{ producerId: BIG, epoch: 3, openFrom: 17 }],
        },
      ],
    },
  ),
  sample({
    message: listTransactions,
    request: { states: ['Ongoing'], producerIds: [BIG] },
    requestJson: (version) => ({
      stateFilters: ['Ongoing'],
      producerIdFilters: [BIG],
      ...(version >= 1 && { durationFilter: -1 }),
    }),
    responseJson: () => ({
      throttleTimeMs: 12,
      errorCode: 14,
      unknownStateFilters: ['x'],
      transactionStates: [{ transactionalId: 'tx', producerId: BIG, transactionState: 'Ongoing' }],
    }),
    response: () => ({
      throttle: 12,
      error: 14,
      unknownStates: ['x'],
      transactions: [{ transactionalId: 'tx', producerId: BIG, state: 'Ongoing' }],
    }),
  }),
  simple(
    describeTransactions,
    { transactionalIds: ['tx'] },
    { transactionalIds: ['tx'] },
    {
      transactionStates: [
        {
          errorCode: 0,
          transactionalId: 'tx',
          transactionState: 'Ongoing',
          transactionTimeoutMs: 60_000,
          transactionStartTimeMs: BIG,
          producerId: BIG,
          producerEpoch: 3,
          topics: [{ topic: 't', partitions: [0, 1] }],
        },
      ],
    },
    {
      transactions: [
        {
          error: 0,
          transactionalId: 'tx',
          state: 'Ongoing',
          timeout: 60_000,
          startTime: BIG,
          producerId: BIG,
          epoch: 3,
          partitions: [
            { topic: 't', partition: 0 },
            { topic: 't', partition: 1 },
          ],
        },
      ],
    },
  ),
];

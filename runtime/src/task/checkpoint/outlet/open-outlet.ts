import type { Log, TransactionalProducer } from '../../../log/port.ts';
import type { JobPlan } from '../../plan/plan.ts';
import type { Sabotage } from '../../sabotage.ts';
import { transactionalIdsOf } from '../transactional-ids.ts';
import { besideTransaction } from './beside-transaction.ts';
import { flushedOutputs } from './flushed-outputs.ts';
import { oneTransaction } from './one-transaction.ts';
import type { Outlet } from './outlet.ts';
import { plainOffsets } from './plain-offsets.ts';
import { transactionPool } from './transaction-pool.ts';

/** The way that a job's guarantee asks for. With a transactional id, it ends what a predecessor left open (I2). @throws LogError */
export async function openOutlet(
  log: Log,
  plan: Pick<JobPlan, 'guarantee' | 'transactionalId' | 'concurrentCheckpoints'>,
  sabotage: Sabotage,
  signal: AbortSignal,
): Promise<Outlet> {
  const { guarantee, transactionalId, concurrentCheckpoints } = plan;
  if (transactionalId !== undefined && guarantee === 'exactly-once') {
    if (concurrentCheckpoints > 1) return transactionPool(await openPool(log, transactionalIdsOf(plan), signal));
    return oneTransaction(await log.producer(transactionalId, { signal }));
  }
  const awaited = guarantee !== 'none' && sabotage.leaveOutputs !== true;
  const producer = await log.idempotentProducer({ signal });
  const outputs = flushedOutputs(producer, awaited);
  if (transactionalId === undefined) return plainOffsets(outputs, log);
  try {
    return besideTransaction(outputs, await log.producer(transactionalId, { signal }));
  } catch (error) {
    producer.close();
    throw error;
  }
}

/** All at once; where one fails, none is left open. */
async function openPool(
  log: Log,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TransactionalProducer[]> {
  const opened = await Promise.allSettled(ids.map((id) => log.producer(id, { signal })));
  const producers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed === undefined) return producers;
  for (const producer of producers) producer.close();
  throw failed.reason;
}

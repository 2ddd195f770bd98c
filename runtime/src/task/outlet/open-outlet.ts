import type { Log } from '../../log/port.ts';
import type { JobPlan } from '../plan.ts';
import type { Sabotage } from '../sabotage.ts';
import { besideTransaction } from './beside-transaction.ts';
import { flushedOutputs } from './flushed-outputs.ts';
import { oneTransaction } from './one-transaction.ts';
import type { Outlet } from './outlet.ts';
import { plainOffsets } from './plain-offsets.ts';

/** The way that a job's guarantee asks for. With a transactional id, it ends what a predecessor left open (I2). @throws LogError */
export async function openOutlet(
  log: Log,
  { guarantee, transactionalId }: Pick<JobPlan, 'guarantee' | 'transactionalId'>,
  sabotage: Sabotage,
  signal: AbortSignal,
): Promise<Outlet> {
  if (transactionalId !== undefined && guarantee === 'exactly-once')
    return oneTransaction(await log.producer(transactionalId, { signal }));
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

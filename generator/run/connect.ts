import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, JobLog } from '@kgen/runtime';
import type { KafkaLogOptions } from '@kgen/runtime/kafka';
import type { Runtime } from './runtime.ts';

/** For how many milliseconds brokers may stay silent at the start. */
const CONNECT_WITHIN = 5000;

export interface Surroundings {
  readonly job: Job;
  readonly log: JobLog;
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
}

/** So that wrong addresses and credentials are said at once, and not after the patience that a running job has. */
export async function connect(
  ask: () => Promise<void>,
  { brokers, tls }: KafkaLogOptions,
  { job, log, signal, runtime }: Surroundings,
): Promise<void> {
  const end = performance.now() + CONNECT_WITHIN;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!runtime.isLogError(error)) throw error;
      const reason = error.message.replace(/^no broker answers: /, '');
      if (error.kind === 'fatal')
        throw unreachable(runtime, reason, 'Kafka refuses the connection', 'Check address, TLS and credentials');
      if (performance.now() > end)
        throw unreachable(runtime, reason, `Kafka cannot be reached at ${brokers.join(', ')}`, adviceOf(reason, tls));
      if (failures === 0) log.warn({ job: job.declaration.name, brokers, reason }, 'no broker answers yet');
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Where the failure itself asks whether something is missing, what sets it. */
function adviceOf(reason: string, tls: KafkaLogOptions['tls']): string {
  const advice = 'Check --brokers or KAFKA_BROKERS, and';
  if (reason.includes('(does it demand'))
    return `${advice} how the job logs in: KAFKA_SASL_MECHANISM or KAFKA_TLS_CERT, and what goes with them`;
  if (reason.includes('(does it expect TLS')) return `${advice} whether the port takes TLS: KAFKA_TLS=true`;
  return `${advice} that the brokers run${tls === undefined || tls === false ? '' : ' and take TLS at this port'}`;
}

function unreachable({ JobError }: Runtime, reason: string, what: string, hint: string): Error {
  return new JobError('JOB_LOG_FAILED', `${what}: ${reason}. ${hint}`);
}

// One instance of the count job as a process of its own, on Kafka: told what to do by the process that forked it.
import { setTimeout as sleep } from 'node:timers/promises';
import { consoleLog, type RunOptions, run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { countJob, countOrder } from '../../task/count-job.ts';
import { echoJob, echoOrder } from './echo-job.ts';

export interface WorkerOptions {
  readonly brokers: readonly string[];
  readonly group: string;
  readonly topics: { readonly [declared: string]: string };
  /** Left out: a random name, that of no static member. */
  readonly instance?: string;
  readonly sessionTimeout: number;
  readonly checkpointInterval: number;
  /** A handler waits for a moment each so many records: faults find records under way. */
  readonly pauseEvery: number;
  readonly guarantee?: RunOptions['guarantee'];
  readonly concurrentCheckpoints?: number;
  /** It has no state: each order is told as it is. */
  readonly stateless?: boolean;
}

/** What it tells: how many records each checkpoint had; none when it takes a task on. */
export interface WorkerReport {
  readonly records: number;
}

const { brokers, sessionTimeout, pauseEvery, stateless, checkpointInterval, ...options }: WorkerOptions = JSON.parse(
  process.argv[2] ?? '',
);
// Whoever forked this is gone: nobody is to be left behind.
const alone = (): void => process.exit(3);
process.once('disconnect', alone);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

function tell(report: WorkerReport): void {
  if (process.connected) process.send?.(report);
}

let handled = 0;
const pause = async (): Promise<void> => {
  if (++handled % pauseEvery === 0) await sleep(1);
};
const onStart = (): void => tell({ records: 0 });
const counting = countJob({
  async orders(order, ctx) {
    await pause();
    countOrder(order, ctx);
  },
  onStart,
});
const echoing = echoJob({
  async orders(order, ctx) {
    await pause();
    echoOrder(order, ctx);
  },
  onStart,
});
const checkpoints = options.guarantee !== 'none' || stateless !== true;
const log = kafkaLog({
  brokers,
  requestTimeout: 5000,
  group: { sessionTimeout, rebalanceTimeout: 10_000, heartbeatInterval: 100 },
  producer: { transactionTimeout: 20_000, requestTimeout: 5000 },
});
try {
  await run(stateless === true ? echoing : counting, {
    ...options,
    ...(checkpoints ? { checkpointInterval } : { autoCommitInterval: checkpointInterval }),
    log,
    signal: stop.signal,
    logger: consoleLog({ format: 'json' }),
    onCheckpoint({ records }) {
      tell({ records });
    },
  });
} catch (error) {
  process.stderr.write(
    `${JSON.stringify({ level: 60, msg: String(error), code: (error as { code?: string }).code })}\n`,
  );
  process.exitCode = 1;
} finally {
  await log.close();
  process.off('disconnect', alone);
  if (process.connected) process.disconnect();
}

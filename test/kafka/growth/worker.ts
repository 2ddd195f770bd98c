// One instance of the growing job as a process of its own, until it is killed.
import { consoleLog, run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { growingJob } from './job.ts';

export interface GrowthOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly stateful: boolean;
  readonly out: string;
  readonly group: string;
  readonly instance: string;
}

const { brokers, prefix, stateful, out, group, instance }: GrowthOptions = JSON.parse(process.argv[2] ?? '');
// Whoever forked this is gone: nobody is to be left behind.
process.once('disconnect', () => process.exit(3));
const log = kafkaLog({ brokers, group: { sessionTimeout: 6000 } });
await run(growingJob(prefix, stateful), {
  log,
  group,
  instance,
  topics: { out },
  logger: consoleLog({ level: 'info' }),
  onCheckpoint: () => void process.send?.('checkpoint'),
});

// A process that starts a job from a savepoint, to be killed in the middle of it.
import { run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { cartJob } from './cart-job.ts';

const [brokers = '', from = '', group = '', orders = '', totals = ''] = process.argv.slice(2);
const log = kafkaLog({ brokers: brokers.split(',') });
await run(cartJob(), { log, group, from, topics: { orders, totals }, until: 'latest' });
await log.close();

// A process that starts a job from a savepoint, to be killed in the middle of it.
import { run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { savepoint } from '@kgen/runtime/savepoints';
import { cartJob } from './cart-job.ts';

const [brokers = '', file = '', group = '', orders = '', totals = ''] = process.argv.slice(2);
const log = kafkaLog({ brokers: brokers.split(',') });
await run(cartJob(), { log, group, from: savepoint(file), topics: { orders, totals }, until: 'latest' });
await log.close();

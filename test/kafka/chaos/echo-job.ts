import type { EmitValue, Job, JobContext, JobHooks } from '@kgen/runtime';
import { createJob, utf8 } from '@kgen/runtime/codegen/v1';
import { type Order, orders, type Total, totals } from '../../task/count-job.ts';

interface EchoContext extends JobContext<string> {
  readonly emit: { readonly totals: EmitValue<Total> };
}

interface EchoHandlers extends JobHooks {
  readonly orders: (order: Order, ctx: EchoContext) => void | Promise<void>;
}

/** The count job without state: each order is a total of its own. */
export function echoJob(handlers: EchoHandlers): Job<{ key: string; handlers: EchoHandlers }> {
  return createJob(
    {
      name: 'echo',
      key: utf8,
      inputs: { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } },
      outputs: { totals },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 50,
    },
    handlers,
  );
}

export function echoOrder({ customer, amount }: Order, ctx: EchoContext): void {
  ctx.emit.totals({ customer, name: '', count: 1, sum: amount });
}

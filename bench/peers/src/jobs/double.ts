import { type Double, double } from '../generated/jobs/double.ts';

const job: Double = double({
  events(event, ctx) {
    ctx.emit.doubled({ ...event, amount: event.amount * 2, n: event.n + 1 });
  },
});

export default job;

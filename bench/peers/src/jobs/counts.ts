import { type Counts, counts } from '../generated/jobs/counts.ts';

const job: Counts = counts({
  events(event, ctx) {
    const before = ctx.state.count.get() ?? { count: 0, sum: 0 };
    const count = { user: event.user, count: before.count + 1, sum: before.sum + event.amount };
    ctx.state.count.set(count);
    ctx.emit.counted(count);
  },
});

export default job;

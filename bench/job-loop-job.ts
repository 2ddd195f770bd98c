// One job in a process of its own: prints its result as JSON. Run by index.ts.
import { benchJob } from './job-loop.ts';

console.log(JSON.stringify(await benchJob(process.argv[2] ?? '')));

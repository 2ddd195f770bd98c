// Measures one shape in a process of its own, and prints the results as JSON: what other shapes taught the optimizer
// would change them. `bench/index.ts` calls it.
import { benchCodecs } from './codecs.ts';

process.stdout.write(JSON.stringify(await benchCodecs(process.argv.slice(2))));

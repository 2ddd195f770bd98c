// Speed side by side with peers, in one run: `npm run bench`, or `npm run bench -- event order` for some shapes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchCodecs, codecsTitle, printCodecs } from './codecs.ts';

const results = await benchCodecs(process.argv.slice(2));
console.log(`${codecsTitle()}\n\n${printCodecs(results)}`);
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'codecs.json'), `${JSON.stringify({ title: codecsTitle(), results }, undefined, 2)}\n`);

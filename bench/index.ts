// Speed side by side with peers, in one run: `npm run bench`, or `npm run bench -- event order` for some shapes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchCodecs, codecsTitle, printCodecs } from './codecs.ts';
import { benchConfluent, confluentTitle } from './confluent.ts';

const shapes = process.argv.slice(2);
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });

function keep(name: string, title: string, results: unknown): void {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ title, results }, undefined, 2)}\n`);
}

const codecs = await benchCodecs(shapes);
console.log(`${codecsTitle()}\n\n${printCodecs(codecs)}`);
keep('codecs', codecsTitle(), codecs);

const confluent = await benchConfluent(shapes);
console.log(`\n${confluentTitle()}\n\n${printCodecs(confluent, 'registry')}`);
keep('confluent', confluentTitle(), confluent);

import { RegistryError } from '@kgen/runtime/registry';
import type { TestParts } from '../../runtime/src/job/live.ts';
import { REGISTERED } from './features/unknown-ids.ts';
import type { Process, ProcessWorld } from './process.ts';

type SchemaSource = NonNullable<TestParts['schemas']>;

/** The Schema Registry as one process sees it: answers take a while, or do not come. */
export function processRegistry(process: Process, { time, chance, faults }: ProcessWorld): SchemaSource {
  const found = new Map<number, { readonly schema: string; readonly label: string }>();
  return {
    isAmong: () => true,
    found: (id) => found.get(id),
    async wait(id) {
      process.say(`asks for schema ${id}`);
      await process.answer(time.wait(chance.between(0, 40)));
      if (faults.strikes('registry away', 0.2)) throw new RegistryError('unreachable', 'the Schema Registry is away');
      const schema = REGISTERED[id];
      // Now and then it takes longer than who waits has patience.
      if (schema !== undefined && chance.hits(0.7)) found.set(id, { schema, label: 'newer' });
    },
    idOf: () => Promise.reject(new RegistryError('missing', 'nothing is registered here')),
  };
}

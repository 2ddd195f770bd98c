import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { fetchedFolder, isUnavailable, run } from './fetched.ts';
import { skip } from './skip.ts';

const VERSION = '1.12.0';

/** Avro's own command-line tools, in Java. Fetched once, and kept in the user's cache folder. */
async function jar(): Promise<string> {
  const name = `avro-tools-${VERSION}.jar`;
  const folder = await fetchedFolder(`avro-tools-${VERSION}`, async (target) => {
    const artifact = `org.apache.avro:avro-tools:${VERSION}`;
    await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`]);
    if (!existsSync(join(target, name))) throw new Error('no avro-tools came');
  });
  return join(folder, name);
}

/** What a tool prints, such as `tojson` of a file. */
export async function avroTools(...args: readonly string[]): Promise<string> {
  return run('java', ['-XX:TieredStopAtLevel=1', '-jar', await jar(), ...args]);
}

/** Tests that need them: skipped where they cannot be had. */
export async function describeWithAvroTools(name: string, body: () => void): Promise<void> {
  try {
    await jar();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    skip(name, 'avro-tools', error.message);
    return;
  }
  describe(name, body);
}

import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fetchedFolder, run } from '../fetched.ts';

const POM = join(import.meta.dirname, 'pom.xml');

/** The class path of Kafka's own programs and clients. Fetched once, and kept in the user's cache folder. */
export async function kafkaClassPath(): Promise<string> {
  return `${await kafkaJars()}${process.platform === 'win32' ? '\\' : '/'}*`;
}

export { delimiter as classPathDelimiter };

let jars: Promise<string> | undefined;

function kafkaJars(): Promise<string> {
  jars ??= fetchedFolder(`kafka-${versionOf(readFileSync(POM, 'utf8'))}`, async (folder) => {
    const target = join(folder, 'target');
    const goal = 'dependency:copy-dependencies';
    await run('mvn', ['-q', '-B', '-f', POM, goal, `-DoutputDirectory=${folder}`, `-DbuildDirectory=${target}`]);
    if (!readdirSync(folder).some((name) => name.startsWith('kafka-clients-')))
      throw new Error('no kafka-clients came');
  });
  return jars;
}

function versionOf(pom: string): string {
  return /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
}

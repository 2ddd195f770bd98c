import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { fetchedFolder, run } from '../fetched.ts';
import { freePorts, type ServerProcess, serverProcess } from '../process-server.ts';
import { type Found, sharedServer } from '../shared-server.ts';
import { skip } from '../skip.ts';

const VERSION = '3.0.9';
const RUNNER = `apicurio-registry-app-${VERSION}-runner.jar`;

/** A Schema Registry in a process of its own, empty, its schemas in memory. */
export interface RegistryServer extends Pick<ServerProcess, 'start' | 'kill' | 'stop'> {
  readonly url: string;
}

export async function startRegistry(
  place: { readonly owner?: number; readonly folder?: string } = {},
): Promise<RegistryServer> {
  const program = await apicurio();
  const [port = 0] = await freePorts(1);
  const server = serverProcess({
    name: 'Apicurio Registry',
    owner: place.owner ?? process.pid,
    folder: place.folder ?? mkdtempSync(join(tmpdir(), 'kgen-registry-')),
    ports: [port],
    command: ['java', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-jar', join(program, RUNNER)],
    env: { QUARKUS_HTTP_HOST: '127.0.0.1', QUARKUS_HTTP_PORT: String(port) },
  });
  await server.start();
  return { url: urlOf(`127.0.0.1:${port}`), start: server.start, kill: server.kill, stop: server.stop };
}

/**
 * Tests against a real Schema Registry, which all test files of a run share: `SCHEMA_REGISTRY_URL`, else one that is
 * started for them. Subjects are therefore to have names of their own. To be awaited at the top of a test file.
 */
export async function describeRegistry(name: string, body: (url: string) => void): Promise<void> {
  const found = await sharedRegistry();
  if ('address' in found) describe(name, () => body(found.address));
  else skip(name, 'Schema Registry', found.unavailable);
}

async function sharedRegistry(): Promise<Found> {
  const { SCHEMA_REGISTRY_URL } = process.env;
  if (SCHEMA_REGISTRY_URL !== undefined && SCHEMA_REGISTRY_URL !== '') return { address: SCHEMA_REGISTRY_URL };
  const found = await sharedServer('registry', async (place) => new URL((await startRegistry(place)).url).host);
  return 'address' in found ? { address: urlOf(found.address) } : found;
}

function urlOf(host: string): string {
  return `http://${host}/apis/ccompat/v7`;
}

function apicurio(): Promise<string> {
  return fetchedFolder(`apicurio-${VERSION}`, async (folder) => {
    const artifact = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
    await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
    await run('tar', ['-xzf', join(folder, `apicurio-registry-app-${VERSION}-all.tar.gz`), '-C', folder]);
  });
}

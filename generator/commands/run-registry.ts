import type { JobRegistryOptions } from '@kgen/runtime';
import type { LoadedConfig } from '../config/load.ts';
import type { Finding } from '../finding.ts';
import { registryOf } from '../sources/registry/registry-of.ts';

type JobRegistry = { readonly options: JobRegistryOptions | undefined } | { readonly findings: readonly Finding[] };

/**
 * The Schema Registry that a job asks: that of the environment before the config's. Without a URL nobody is asked.
 * What else the config says, such as `auth`, holds for either.
 */
export function jobRegistry(config: LoadedConfig | undefined, env: NodeJS.ProcessEnv): JobRegistry {
  const given = (env['SCHEMA_REGISTRY_URL'] ?? '').split(',').map((url) => url.trim());
  const fromEnv = given.filter((url) => url !== '');
  const registry = config?.config.registry;
  const url = fromEnv.length > 0 ? fromEnv : [registry?.url ?? []].flat().filter((each) => each !== '');
  if (url.length === 0) return { options: undefined };
  const settings = registryOf({ registry: { subjects: [], ...registry, url } }, config?.file);
  if ('findings' in settings) return settings;
  const { unknownSchema, autoRegister } = registry ?? {};
  return { options: { ...settings.connection, unknownSchema, autoRegister } };
}

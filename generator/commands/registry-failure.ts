import { isRegistryError } from '@kgen/runtime/registry';
import type { Finding } from '../finding.ts';

/** What a Schema Registry refuses, or that it does not answer, is no defect of kgen: it is said as a finding. Throws all else. */
export function registryFailure(error: unknown, file: string | undefined): Finding {
  if (!isRegistryError(error)) throw error;
  const hint = 'See `registry` in the config, and the environment it takes its values from';
  return { file, path: 'registry', reason: error.message, hint };
}

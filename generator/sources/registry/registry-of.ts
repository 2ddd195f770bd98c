import { parseDuration } from '@kgen/runtime';
import { isRegistryUrl, type RegistryOptions, shownUrl } from '@kgen/runtime/registry';
import type { Config, RegistryConfig } from '../../config/config.ts';
import type { Finding } from '../../finding.ts';
import type { PullOptions } from './pull.ts';

/** How to reach the config's registry, and what to take from it. */
export interface RegistrySettings extends PullOptions {
  readonly connection: RegistryOptions;
}

/** The config's `registry`, or what is missing to reach it. */
export function registryOf(
  { registry }: Pick<Config, 'registry'>,
  file: string | undefined,
): RegistrySettings | { readonly findings: readonly Finding[] } {
  const wrong = (path: string, reason: string, hint: string): { readonly findings: readonly Finding[] } => ({
    findings: [{ file, path, reason, hint }],
  });
  if (registry === undefined) {
    const hint = "Add `registry: { url: process.env['SCHEMA_REGISTRY_URL'], subjects: ['orders-value'] }`";
    return wrong('registry', 'the config names no Schema Registry', hint);
  }
  const urls = typeof registry.url === 'string' ? [registry.url] : (registry.url ?? []);
  if (urls.every((url) => url === '')) {
    return wrong('registry.url', 'it is not set', 'Is the variable that it comes from in the environment?');
  }
  if (!urls.every(isRegistryUrl)) {
    const hint = 'Give it as `https://registry.example:8081`; look at the variable that it comes from';
    return wrong('registry.url', 'it does not start with http:// or https://', hint);
  }
  const timeout = registry.timeout === undefined ? undefined : parseDuration(registry.timeout);
  if (timeout !== undefined && 'reason' in timeout) return wrong('registry.timeout', timeout.reason, timeout.hint);
  const auth = authOf(registry.auth);
  if (auth !== undefined && 'reason' in auth) return wrong('registry.auth', auth.reason, auth.hint);
  const { headers, tls, retries, subjects, versions = 'all' } = registry;
  const connection = { url: urls, auth, headers, tls, retries, timeout: timeout?.milliseconds };
  return { connection, subjects, versions, urls: urls.map(shownUrl) };
}

type Problem = Pick<Finding, 'reason' | 'hint'>;

/** Half of a pair is a variable that is missing; none of it is a registry that asks for nothing. */
function authOf(auth: RegistryConfig['auth']): RegistryOptions['auth'] | Problem {
  if (auth === undefined) return undefined;
  if ('token' in auth) return auth.token === undefined ? undefined : { token: auth.token };
  const { username, password } = auth;
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) return { username, password };
  const missing = username === undefined ? 'username' : 'password';
  return { reason: `\`${missing}\` is not set`, hint: 'Is the variable that it comes from in the environment?' };
}

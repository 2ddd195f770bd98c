import { expect, test } from 'vitest';
import { jobRegistry } from '../../generator/commands/run-registry.ts';
import type { RegistryConfig } from '../../generator/config/config.ts';
import type { LoadedConfig } from '../../generator/config/load.ts';

function of(registry: RegistryConfig | undefined, env: NodeJS.ProcessEnv = {}): unknown {
  const config = { config: { registry }, file: 'kgen.config.ts', root: '/project' } as unknown as LoadedConfig;
  return jobRegistry(config, env);
}

const auth = { username: 'me', password: 'secret' };

test('nobody is asked without a URL', () => {
  expect(of(undefined)).toEqual({ options: undefined });
  expect(of({ url: undefined, subjects: ['a'] })).toEqual({ options: undefined });
  expect(of({ url: '', subjects: ['a'] }, { SCHEMA_REGISTRY_URL: ' ' })).toEqual({ options: undefined });
  expect(jobRegistry(undefined, {})).toEqual({ options: undefined });
});

test("the environment's registry goes before the config's, with what else the config says", () => {
  const config: RegistryConfig = {
    url: 'https://staging',
    subjects: ['a'],
    auth,
    timeout: '2 s',
    retries: 1,
    unknownSchema: 'fail',
    autoRegister: true,
  };
  const more = { auth, timeout: 2000, retries: 1, unknownSchema: 'fail', autoRegister: true };
  expect(of(config)).toMatchObject({ options: { url: ['https://staging'], ...more } });
  expect(of(config, { SCHEMA_REGISTRY_URL: 'https://one, https://two' })).toMatchObject({
    options: { url: ['https://one', 'https://two'], ...more },
  });
  expect(jobRegistry(undefined, { SCHEMA_REGISTRY_URL: 'https://one' })).toMatchObject({
    options: { url: ['https://one'] },
  });
});

test('half of the credentials is a finding', () => {
  const half = { url: 'https://one', subjects: ['a'], auth: { username: 'me', password: undefined } };
  expect(of(half)).toMatchObject({ findings: [{ path: 'registry.auth', reason: '`password` is not set' }] });
});

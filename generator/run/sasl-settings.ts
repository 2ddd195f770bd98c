import type { SaslOptions } from '@kgen/runtime/kafka';
import type { KafkaKerberosConfig, KafkaPasswordConfig, KafkaSaslConfig } from '../config/config.ts';
import { given, type ReportSetting } from './setting.ts';

const PASSWORDS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const MECHANISMS = [...PASSWORDS, 'gssapi'] as const;

/** How to log in: the environment comes before the config, and a mechanism that it names puts the config's functions out of use. */
export function saslOf(
  env: NodeJS.ProcessEnv,
  config: KafkaSaslConfig | undefined,
  report: ReportSetting,
): SaslOptions | undefined {
  const user = given(env['KAFKA_SASL_USERNAME']);
  const named = given(env['KAFKA_SASL_MECHANISM'])?.toLowerCase();
  const known = named === undefined ? undefined : MECHANISMS.find((each) => each === named);
  if (named !== undefined && known === undefined) {
    const hint = `Use one of ${MECHANISMS.join(', ')}; tokens (oauthbearer) and others come by kafka.sasl in the config`;
    report('KAFKA_SASL_MECHANISM', `there is no mechanism '${named}' here`, hint);
    return undefined;
  }
  const asked = known !== undefined || user !== undefined;
  if (!asked && config !== undefined && hasFunction(config)) return config as SaslOptions;
  const kerberos = isKerberos(config) ? config : undefined;
  if (known === 'gssapi' || (!asked && kerberos !== undefined)) return kerberosOf(env, kerberos);
  const own =
    config === undefined || kerberos !== undefined || hasFunction(config) ? undefined : (config as KafkaPasswordConfig);
  if (own === undefined && !asked && given(env['KAFKA_SASL_PASSWORD']) === undefined) return undefined;
  const mechanism = PASSWORDS.find((each) => each === (known ?? own?.mechanism)) ?? 'plain';
  return { mechanism, ...credentials(env, own, report) };
}

function hasFunction(config: KafkaSaslConfig): boolean {
  return 'oauthBearerProvider' in config || 'authenticationProvider' in config;
}

function isKerberos(config: KafkaSaslConfig | undefined): config is KafkaKerberosConfig {
  return config?.mechanism === 'gssapi' && !hasFunction(config);
}

function kerberosOf(env: NodeJS.ProcessEnv, config: KafkaKerberosConfig | undefined): SaslOptions {
  return {
    mechanism: 'gssapi',
    serviceName: given(env['KAFKA_SASL_KERBEROS_SERVICE_NAME']) ?? given(config?.serviceName),
    principal: given(env['KAFKA_SASL_KERBEROS_PRINCIPAL']) ?? given(config?.principal),
    keytab: given(env['KAFKA_SASL_KERBEROS_KEYTAB']) ?? given(config?.keytab),
  };
}

function credentials(
  env: NodeJS.ProcessEnv,
  config: KafkaPasswordConfig | undefined,
  report: ReportSetting,
): { readonly username: string; readonly password: string } {
  const username = given(env['KAFKA_SASL_USERNAME']) ?? given(config?.username);
  const password = given(env['KAFKA_SASL_PASSWORD']) ?? given(config?.password);
  if (username === undefined) {
    const hint = 'Set it in the environment, or as kafka.sasl.username';
    report('KAFKA_SASL_USERNAME', 'the user of SASL is missing', hint);
  }
  if (password === undefined) {
    report('KAFKA_SASL_PASSWORD', 'the password of SASL is missing', 'Set it in the environment');
  }
  return { username: username ?? '', password: password ?? '' };
}

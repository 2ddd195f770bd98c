import { readFileSync } from 'node:fs';
import { parseDuration } from '@kgen/runtime';
import { type KafkaLogOptions, producerProblems } from '@kgen/runtime/kafka';
import type { Duration, KafkaConfig } from '../config/config.ts';
import type { Finding } from '../finding.ts';
import { saslOf } from './sasl-settings.ts';
import { given, type ReportSetting } from './setting.ts';

export interface KafkaSources {
  /** `--brokers` */
  readonly brokers: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** The config's section. */
  readonly config: KafkaConfig | undefined;
  /** The config's name, for findings; undefined where there is none. */
  readonly file: string | undefined;
  /** Where nothing else is said. */
  readonly clientId: string;
}

/** Flags before the environment, the environment before the config. Secrets come from the latter two alone. */
export function kafkaSettings(
  sources: KafkaSources,
): { readonly options: KafkaLogOptions } | { readonly findings: readonly Finding[] } {
  const { env, config = {}, file, clientId } = sources;
  const findings: Finding[] = [];
  const report: ReportSetting = (path, reason, hint, at) => void findings.push({ file: at, path, reason, hint });
  const time = (path: string, value: Duration | undefined): number | undefined => {
    const parsed = value === undefined ? undefined : parseDuration(value);
    if (parsed !== undefined && 'reason' in parsed) report(`kafka.${path}`, parsed.reason, parsed.hint, file);
    return parsed !== undefined && 'milliseconds' in parsed ? parsed.milliseconds : undefined;
  };
  const milliseconds = (option: keyof KafkaConfig): number | undefined =>
    time(option, config[option] as Duration | undefined);
  const { linger, patience, requestTimeout, ...producer } = config.producer ?? {};
  const options: KafkaLogOptions = {
    brokers: brokersOf(sources, report),
    clientId: given(env['KAFKA_CLIENT_ID']) ?? config.clientId ?? clientId,
    tls: tlsOf(env, config.tls, report),
    sasl: saslOf(env, config.sasl, report),
    replicationFactor: config.replicationFactor,
    group: { sessionTimeout: milliseconds('sessionTimeout'), rebalanceTimeout: milliseconds('rebalanceTimeout') },
    producer: {
      ...producer,
      linger: time('producer.linger', linger),
      patience: time('producer.patience', patience),
      requestTimeout: time('producer.requestTimeout', requestTimeout),
      transactionTimeout: milliseconds('transactionTimeout'),
    },
  };
  for (const { option, reason, hint } of findings.length > 0 ? [] : producerProblems(options.producer ?? {})) {
    const path = option === 'transactionTimeout' ? option : `producer.${option}`;
    report(`kafka.${path}`, reason, hint, file);
  }
  return findings.length > 0 ? { findings } : { options };
}

function brokersOf({ brokers, env, config, file }: KafkaSources, report: ReportSetting): readonly string[] {
  const places = [
    { path: '--brokers', value: brokers },
    { path: 'KAFKA_BROKERS', value: given(env['KAFKA_BROKERS']) },
    { path: 'kafka.brokers', value: config?.brokers, at: file },
  ];
  const place = places.find(({ value }) => value !== undefined && listOf(value).length > 0);
  if (place?.value === undefined) {
    const hint =
      'Give some as --brokers kafka-1:9092,kafka-2:9092, as KAFKA_BROKERS in the environment, ' +
      'or as kafka.brokers in kgen.config.ts';
    report('--brokers', 'no brokers are given', hint);
    return [];
  }
  const list = listOf(place.value);
  for (const each of list) {
    const port = Number(/^(?:\[[^\]]+\]|[^:[\]/\s]+):(\d{1,5})$/.exec(each)?.[1]);
    if (!(port > 0 && port < 65_536))
      // As a URL it may have a password in it.
      report(place.path, `'${each.replace(/^.*@/s, '***@')}' is no host:port`, 'Give it as in kafka-1:9092', place.at);
  }
  return list;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return (typeof value === 'string' ? value.split(',') : value)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function tlsOf(env: NodeJS.ProcessEnv, config: KafkaConfig['tls'], report: ReportSetting): KafkaLogOptions['tls'] {
  const wanted = given(env['KAFKA_TLS'])?.toLowerCase();
  if (wanted !== undefined && !['true', 'false', '1', '0'].includes(wanted)) {
    report('KAFKA_TLS', `'${wanted}' is neither true nor false`, "Set it to 'true' or 'false'");
  }
  if (wanted === 'false' || wanted === '0') return false;
  const files = {
    ca: fileOf('KAFKA_TLS_CA', env, report),
    cert: fileOf('KAFKA_TLS_CERT', env, report),
    key: fileOf('KAFKA_TLS_KEY', env, report),
    passphrase: given(env['KAFKA_TLS_KEY_PASSWORD']),
  };
  const fromEnv = Object.fromEntries(Object.entries(files).filter(([, value]) => value !== undefined));
  const fromConfig = typeof config === 'object' ? config : {};
  const known = Object.entries({ ...fromConfig, ...fromEnv }).map(([name, value]) => [
    name,
    // Bytes of any kind, as Node's TLS takes them.
    value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value,
  ]);
  if (known.length > 0) return Object.fromEntries(known.filter(([, value]) => value !== undefined));
  return config === true || typeof config === 'object' || wanted !== undefined;
}

function fileOf(name: string, env: NodeJS.ProcessEnv, report: ReportSetting): string | undefined {
  const path = given(env[name]);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    report(name, `${path} cannot be read${code}`, 'Give the path of a PEM file');
    return undefined;
  }
}

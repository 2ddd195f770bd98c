import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, ServerUnavailable } from '../fetched.ts';
import { freePorts, serverProcess } from '../process-server.ts';

export const REALM = 'KGEN.TEST';

/** A KDC of MIT Kerberos in a process of its own, without any rights, with all it has in a temporary folder. */
export interface Kdc {
  /** Where tests may put keytabs and tickets; removed with it. */
  readonly folder: string;
  /** For whoever is to find it: `KRB5_CONFIG`. */
  readonly config: string;
  /** Adds a principal with a random key, which the keytab that is returned holds. `lifetime` of its tickets in seconds. */
  addPrincipal(name: string, lifetime?: number): Promise<string>;
  /** Gives the principal another key: keytabs of before are worth nothing. */
  changeKey(name: string): Promise<void>;
  removePrincipal(name: string): Promise<void>;
  /** Gets a ticket into a cache, which is a file. Default: the one of whoever is logged in. */
  kinit(principal: string, keytab: string, cache?: string): Promise<void>;
  /** What it has granted and refused, a line each. */
  requests(): readonly string[];
  /** Nothing answers at its port any more. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws ServerUnavailable where it is not installed */
export async function startKdc(): Promise<Kdc> {
  const [server, database, admin] = ['krb5kdc', 'kdb5_util', 'kadmin.local'].map(programOfKdc);
  const folder = mkdtempSync(join(tmpdir(), 'kgen-kdc-'));
  const [port = 0] = await freePorts(1);
  const config = join(folder, 'krb5.conf');
  const profile = join(folder, 'kdc.conf');
  const section = (name: string, settings: readonly string[]): string => `[${name}]\n${settings.join('\n')}\n`;
  writeFileSync(
    config,
    // Names of brokers are taken as they are, whatever this machine's DNS makes of them.
    section('libdefaults', [
      `default_realm = ${REALM}`,
      'dns_lookup_kdc = false',
      'dns_lookup_realm = false',
      'dns_canonicalize_hostname = false',
      'rdns = false',
      `default_ccache_name = FILE:${join(folder, 'tickets')}`,
      // Java asks by UDP first, and this one listens at both.
      'udp_preference_limit = 1',
    ]) + section('realms', [`${REALM} = {`, `kdc = 127.0.0.1:${port}`, '}']),
  );
  writeFileSync(
    profile,
    section('kdcdefaults', [`kdc_listen = 127.0.0.1:${port}`, `kdc_tcp_listen = 127.0.0.1:${port}`]) +
      section('realms', [
        `${REALM} = {`,
        `database_name = ${join(folder, 'principal')}`,
        `key_stash_file = ${join(folder, 'stash')}`,
        `acl_file = ${join(folder, 'acl')}`,
        '}',
      ]) +
      section(
        'logging',
        ['kdc', 'admin_server'].map((name) => `${name} = FILE:${join(folder, `${name}.log`)}`),
      ),
  );
  const env = { KRB5_CONFIG: config, KRB5_KDC_PROFILE: profile };
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const ask = (query: string): Promise<string> => run('env', [...set, admin ?? '', '-r', REALM, '-q', query]);
  const kdc = serverProcess({
    name: 'the KDC',
    owner: process.pid,
    folder,
    ports: [port],
    command: [server ?? '', '-n', '-r', REALM],
    env,
  });
  const started: Kdc = {
    folder,
    config,
    async addPrincipal(name, lifetime) {
      const keytab = join(folder, `${name.replaceAll(/\W/g, '-')}.keytab`);
      await ask(`addprinc -randkey ${lifetime === undefined ? '' : `-maxlife "${lifetime} seconds"`} ${name}`);
      await ask(`ktadd -k ${keytab} ${name}`);
      if (!existsSync(keytab)) throw new Error(`there is no keytab for ${name}`);
      return keytab;
    },
    async changeKey(name) {
      await ask(`cpw -randkey ${name}`);
    },
    async removePrincipal(name) {
      await ask(`delprinc -force ${name}`);
    },
    async kinit(principal, keytab, cache = join(folder, 'tickets')) {
      await run('env', [...set, 'kinit', '-k', '-t', keytab, '-c', `FILE:${cache}`, principal]);
    },
    requests: () => readFileSync(join(folder, 'kdc.log'), 'utf8').trim().split('\n'),
    kill: kdc.kill,
    start: kdc.start,
    stop: kdc.stop,
  };
  try {
    await run('env', [...set, database ?? '', 'create', '-s', '-r', REALM, '-P', 'of-the-database']);
    await started.start();
  } catch (error) {
    await started.stop();
    throw error;
  }
  return started;
}

/** Debian has them where only the administrator looks. */
export function programOfKdc(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ServerUnavailable(`${name} is not installed (Debian: krb5-kdc, krb5-admin-server)`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../fetched.ts';

export interface Certificates {
  /** For the broker, PKCS12. */
  readonly keystore: string;
  readonly password: string;
  /** What clients trust, PEM. */
  readonly ca: string;
}

const PASSWORD = 'a-keystore-password';

/** A key for 127.0.0.1 that signs itself, made with the JDK's own tool in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const keystore = join(folder, 'broker.p12');
  await makeKey(keystore, 'broker', ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost']);
  return { keystore, password: PASSWORD, ca: await certificate(folder, keystore, 'broker') };
}

/** Who a client is, PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ClientCertificates {
  /** For the broker, PKCS12 with the password of its keystore: whom it trusts. */
  readonly truststore: string;
  readonly known: ClientCertificate;
  /** Whom the broker does not trust. */
  readonly stranger: ClientCertificate;
}

/** Keys of clients that sign themselves. */
export async function makeClientCertificates(folder: string): Promise<ClientCertificates> {
  const [known, stranger] = await Promise.all(['known', 'stranger'].map((name) => clientCertificate(folder, name)));
  if (known === undefined || stranger === undefined) throw new Error('two were asked for');
  const truststore = join(folder, 'trusted.p12');
  await run('keytool', ['-importcert', '-noprompt', '-file', join(folder, 'known.pem'), ...store(truststore, 'known')]);
  return { truststore, known, stranger };
}

async function clientCertificate(folder: string, name: string): Promise<ClientCertificate> {
  const keystore = join(folder, `${name}.p12`);
  await makeKey(keystore, name, ['-dname', `CN=${name}`]);
  const cert = await certificate(folder, keystore, name);
  const key = await run('java', [join(import.meta.dirname, 'PrivateKey.java'), keystore, PASSWORD, name]);
  return { cert, key };
}

const store = (keystore: string, alias: string): readonly string[] => {
  return ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', PASSWORD, '-alias', alias];
};

async function makeKey(keystore: string, alias: string, name: readonly string[]): Promise<void> {
  const kind = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30'];
  await run('keytool', ['-genkeypair', ...kind, ...name, ...store(keystore, alias)]);
}

/** As PEM, which is also put into `<alias>.pem`. */
async function certificate(folder: string, keystore: string, alias: string): Promise<string> {
  const pem = join(folder, `${alias}.pem`);
  await run('keytool', ['-exportcert', '-rfc', '-file', pem, ...store(keystore, alias)]);
  return readFileSync(pem, 'utf8');
}

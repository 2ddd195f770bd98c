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

/** A key for 127.0.0.1 that signs itself, made with the JDK's own tool in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const keystore = join(folder, 'broker.p12');
  const password = 'a-keystore-password';
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', password, '-alias', 'broker'];
  const name = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost'];
  await run('keytool', [
    '-genkeypair',
    '-keyalg',
    'EC',
    '-groupname',
    'secp256r1',
    '-validity',
    '30',
    ...name,
    ...store,
  ]);
  const pem = join(folder, 'ca.pem');
  await run('keytool', ['-exportcert', '-rfc', '-file', pem, ...store]);
  return { keystore, password, ca: readFileSync(pem, 'utf8') };
}

import { describe } from 'vitest';
import { kerberosPackage } from '../../../runtime/src/log/kafka/transport/sasl/kerberos-package.ts';
import { isUnavailable, ServerUnavailable } from '../fetched.ts';
import { kafkaClassPath } from '../kafka/jars.ts';
import { skip } from '../skip.ts';
import { programOfKdc } from './kdc.ts';

/** Tests that start a KDC and brokers that trust it. Where one cannot be had they are skipped, with the reason. */
export async function describeWithKerberos(name: string, body: () => void): Promise<void> {
  try {
    for (const each of ['krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit']) programOfKdc(each);
    await packageBuilt();
    await kafkaClassPath();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    skip(name, 'Kerberos', error.message);
    return;
  }
  describe(name, body);
}

/** It is built before the tests where that can be (test/native-packages.ts). */
async function packageBuilt(): Promise<void> {
  try {
    await kerberosPackage();
  } catch (error) {
    const how = 'npm run install in its folder, with the headers of Kerberos (Debian: libkrb5-dev)';
    throw new ServerUnavailable(`the package kerberos cannot be loaded: ${how} (${error})`);
  }
}

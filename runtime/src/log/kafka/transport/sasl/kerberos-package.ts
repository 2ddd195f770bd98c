import { LogError } from '../../../port.ts';
import { importOptional } from '../../../record-batch/optional-package.ts';

/** As much of the package `kerberos` 7 as is used. Bytes are base64. */
export interface KerberosPackage {
  readonly GSS_C_MUTUAL_FLAG: number;
  readonly GSS_C_SEQUENCE_FLAG: number;
  readonly GSS_C_INTEG_FLAG: number;
  readonly GSS_MECH_OID_KRB5: number;
  initializeClient(
    service: string,
    options: { readonly principal?: string; readonly flags: number; readonly mechOID: number },
  ): Promise<KerberosClient>;
}

export interface KerberosClient {
  readonly contextComplete: boolean;
  /** Null where there is nothing to be said. */
  step(heard: string): Promise<string | null>;
  unwrap(heard: string): Promise<string>;
  /** Answers an offer of security layers, 4 bytes, for `user`: none of them, and the size that the offer has. */
  wrap(offer: string, options: { readonly user: string }): Promise<string>;
}

/** @throws LogError, `fatal`, that says what to install */
export async function kerberosPackage(): Promise<KerberosPackage> {
  try {
    return await importOptional<KerberosPackage>('kerberos', 'Kerberos (GSSAPI)');
  } catch (error) {
    const missing = error instanceof LogError && error.cause instanceof Error ? error.cause.message : '';
    if (error instanceof LogError && !missing.includes('kerberos.node')) throw error;
    const what = error instanceof LogError ? 'it was installed, but not built' : String(error);
    const how = 'let its install script run (npm rebuild kerberos), with a C++ compiler and the headers of Kerberos';
    throw new LogError('fatal', `the package kerberos cannot be loaded (${what}): ${how} (Debian: libkrb5-dev)`, {
      cause: error,
    });
  }
}

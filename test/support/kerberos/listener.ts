/** Properties of a listener that takes Kerberos alone, as the principal whose key is in the keytab. */
export function kerberosListener(name: string, principal: string, keytab: string): Record<string, string> {
  const login = 'com.sun.security.auth.module.Krb5LoginModule required';
  const options = `useKeyTab=true storeKey=true keyTab="${keytab}" principal="${principal}"`;
  return {
    [`listener.name.${name}.sasl.enabled.mechanisms`]: 'GSSAPI',
    [`listener.name.${name}.gssapi.sasl.jaas.config`]: `${login} ${options};`,
    [`listener.name.${name}.sasl.kerberos.service.name`]: principal.split('/')[0] ?? '',
  };
}

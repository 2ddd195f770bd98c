import { expect, test } from 'vitest';
import { kerberosFailure } from '../../runtime/src/log/kafka/transport/sasl/kerberos-failure.ts';

// What the library says where a test cannot bring it about: clocks that differ, a machine without it. The rest is in
// kerberos.test.ts, as a KDC and a broker bring it about.

const place = { service: 'kafka', host: 'k1.example.org', options: { mechanism: 'gssapi' } } as const;
const UNSPECIFIED = 'Unspecified GSS failure.  Minor code may provide more information: ';

test.each([
  ['Clock skew too great', 'fatal', 'set the clocks of this machine'],
  ["Cannot find KDC for realm 'A.ORG'", 'fatal', 'krb5.conf'],
  ['Opening library libgssapi_krb5.so.2 failed: no such file', 'fatal', 'libgssapi-krb5-2'],
  ["Cannot contact any KDC for realm 'A.ORG'", 'retriable', 'does not answer'],
  ["Cannot resolve network address for KDC in realm 'A.ORG'", 'retriable', 'does not answer'],
  ['something new', 'fatal', 'something new'],
])('%s: %s', (said, kind, advice) => {
  const error = kerberosFailure(new Error(UNSPECIFIED + said), place);
  expect(error.kind).toBe(kind);
  expect(error.message).toContain(`SASL GSSAPI authentication failed: ${said}`);
  expect(error.message).toContain(advice);
});

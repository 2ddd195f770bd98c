import { KafkaError } from '../../errors.ts';
import type { KerberosOptions } from '../options.ts';
import { saslMessage } from './mechanism.ts';

interface Known {
  readonly says: RegExp;
  /** True where it may pass: by the look of it, the KDC could not be asked. */
  readonly passes?: boolean;
  readonly advice: (place: Place) => string;
}

interface Place {
  readonly service: string;
  readonly host: string;
  readonly options: KerberosOptions;
}

const ticket = ({ options: { keytab } }: Place): string =>
  keytab === undefined
    ? 'get a ticket with kinit, or give a keytab as sasl.keytab'
    : `does the keytab hold the principal? klist -k ${keytab} lists what it holds`;

/** What the library of MIT says, by its words: it has no other codes. The first that fits. */
const KNOWN: readonly Known[] = [
  {
    says: /cannot contact any kdc|resource temporarily unavailable|cannot resolve (servers|network address)/i,
    passes: true,
    advice: () => "the realm's KDC does not answer: see its kdc in krb5.conf",
  },
  {
    says: /server .*not found in kerberos database/i,
    advice: ({ service, host }) =>
      `the KDC knows no ${service}/${host}: serviceName must be the brokers' sasl.kerberos.service.name, ` +
      'and the address that brokers advertise the name in their principals',
  },
  { says: /client .*not found in kerberos database/i, advice: () => 'the KDC does not know the principal' },
  {
    says: /preauthentication failed|password incorrect|decrypt integrity check|integrity check failed/i,
    advice: () => "the key is not the one that the KDC has: make the keytab anew, the client's or the broker's",
  },
  { says: /clock skew/i, advice: () => 'set the clocks of this machine, the brokers and the KDC to the same time' },
  {
    says: /ticket expired|expired credential/i,
    advice: ({ options: { keytab } }) =>
      keytab === undefined
        ? 'renew the ticket (kinit -R) or get a new one (kinit) before it ends, or give a keytab as sasl.keytab'
        : 'does the KDC still take the keytab? kinit -k -t tries it',
  },
  {
    says: /cannot find kdc|default realm|realm not local|not known to kerberos/i,
    advice: () => 'name the realm, its KDC, and default_realm in krb5.conf',
  },
  {
    says: /opening library|shared object/i,
    advice: () => "install the system's library of Kerberos (Debian: libgssapi-krb5-2)",
  },
  {
    says: /no kerberos credentials|credentials? cache|cache collection|credentials were unavailable|key ?tab|no key|matching credential/i,
    advice: ticket,
  },
];

/** What the library says, and what to do about it: `fatal`, unless it could not ask. */
export function kerberosFailure(error: unknown, place: Place): KafkaError {
  const said = error instanceof Error ? error.message : String(error);
  // What went wrong in general comes first, and is the same for most.
  const reason = said.replace(/^(Unspecified GSS failure\. *)?(Minor code may provide more information:? *)?/i, '');
  const known = KNOWN.find(({ says }) => says.test(reason));
  const advice = known === undefined ? '' : ` (${known.advice(place)})`;
  const kind = known?.passes === true ? 'retriable' : 'fatal';
  return new KafkaError(kind, 'SaslAuthenticate', saslMessage('GSSAPI', `${reason}${advice}`));
}

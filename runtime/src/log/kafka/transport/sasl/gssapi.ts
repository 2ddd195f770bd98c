import { KafkaError } from '../../errors.ts';
import type { KerberosOptions } from '../options.ts';
import { kerberosFailure } from './kerberos-failure.ts';
import { kerberosPackage } from './kerberos-package.ts';
import { useKeytab } from './keytab.ts';
import type { Mechanism } from './mechanism.ts';

/** Of the layers that a broker offers to protect what follows: none. Kafka has TLS for that. */
const NO_LAYER = 1;
/** As `wrap` reads it: no size, since there is no layer. It reads eight bytes of what should be four. */
const NO_SIZE = Buffer.alloc(8).toString('base64');

/**
 * Kerberos (RFC 4752): tokens of the mechanism until both sides know each other, then the broker's offer of layers and the
 * answer to it. The library of the system finds ticket or keytab anew at each authentication.
 */
export function gssapi(options: KerberosOptions): Mechanism {
  const { serviceName: service = 'kafka', principal, keytab } = options;
  return async (exchange, { host }) => {
    const library = await kerberosPackage();
    if (keytab !== undefined) useKeytab(keytab);
    const failing = async <T>(act: () => Promise<T>): Promise<T> => {
      try {
        return await act();
      } catch (error) {
        throw kerberosFailure(error, { service, host, options });
      }
    };
    const { GSS_C_MUTUAL_FLAG, GSS_C_SEQUENCE_FLAG, GSS_C_INTEG_FLAG, GSS_MECH_OID_KRB5 } = library;
    const client = await failing(() =>
      library.initializeClient(`${service}@${host}`, {
        flags: GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG,
        mechOID: GSS_MECH_OID_KRB5,
        ...(principal === undefined ? {} : { principal }),
      }),
    );
    const say = async (token: string): Promise<string> =>
      (await exchange(Buffer.from(token, 'base64'))).toString('base64');
    let heard = '';
    do {
      const token = await failing(() => client.step(heard));
      heard = await say(token ?? '');
    } while (!client.contextComplete);
    const [layers = 0] = Buffer.from(await failing(() => client.unwrap(heard)), 'base64');
    if ((layers & NO_LAYER) === 0) {
      const message = 'the broker demands a security layer of GSSAPI, which Kafka does not have: is it one?';
      throw new KafkaError('fatal', 'SaslAuthenticate', message);
    }
    // The broker takes whoever has the ticket for who they are.
    await say(await failing(() => client.wrap(NO_SIZE, { user: '' })));
  };
}

import type { AuthenticationProvider, SaslLogger } from '../options.ts';
import type { Mechanism } from './mechanism.ts';

/** Nothing is logged here: everything that happens comes as an error to whoever asked. */
const SILENT: SaslLogger = {
  namespace: () => SILENT,
  setLogLevel() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/** A mechanism as kafkajs 2.2.4 has it, whose requests and answers begin with their size. */
export function kafkajsMechanism(provider: AuthenticationProvider): Mechanism {
  return async (exchange, { host, port }) => {
    const authenticator = provider({
      host,
      port,
      logger: SILENT,
      async saslAuthenticate({ request, response }) {
        const said = await exchange(withoutSize(await request.encode()));
        return response?.parse(await response.decode(withSize(said)));
      },
    });
    await authenticator.authenticate();
  };
}

const SIZE = 4;

function withoutSize(bytes: Buffer): Uint8Array {
  if (bytes.length < SIZE || bytes.readInt32BE(0) !== bytes.length - SIZE)
    throw new RangeError('a request of SASL does not begin with its size');
  return bytes.subarray(SIZE);
}

function withSize(bytes: Buffer): Buffer {
  const size = Buffer.alloc(SIZE);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

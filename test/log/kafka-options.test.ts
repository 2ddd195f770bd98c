import { type KafkaLogOptions, kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';

const brokers = ['127.0.0.1:1'];

test.each<readonly [object, string]>([
  [{ brokers, brokrs: [] }, 'there is no option brokrs; those there are: brokers, '],
  [
    { brokers, tls: '-----BEGIN PRIVATE KEY-----' },
    "option tls: a string is neither true or false nor options of Node's tls.connect",
  ],
  [{ brokers, tls: 'yes' }, "option tls: 'yes' is neither true or false nor options of Node's tls.connect"],
  [{ brokers, requestTimeout: -1 }, 'option requestTimeout: -1 is not a number of milliseconds from 1 to 2147483647'],
  [{ brokers, connectionTimeout: '5 s' }, 'option connectionTimeout: 5 s is not a number of milliseconds'],
  [{ brokers, patience: Number.NaN }, 'option patience: NaN is not a number of milliseconds from 0'],
  [{ brokers, group: { sessionTimout: 20_000 } }, 'there is no option group.sessionTimout; those there are: session'],
  [{ brokers, group: { sessionTimeout: 0 } }, 'option group.sessionTimeout: 0 is not a number of milliseconds from 1'],
  [
    { brokers, group: { heartbeatInterval: 10_000 } },
    'one heartbeat in 10000 ms, where a member is expelled after 10000 ms without one',
  ],
  [
    { brokers, source: { totalBytes: 0, maxwait: 1 } },
    'no option source.maxwait; those there are: maxWait, totalBytes',
  ],
  [{ brokers, source: { totalBytes: 0 } }, 'option source.totalBytes: 0 is not a number of bytes from 1'],
])('%o is refused before anything is connected to', (options, message) => {
  expect(() => kafkaLog(options as KafkaLogOptions)).toThrow(message);
});

test('a password in an address is not repeated', () => {
  for (const address of ['kafka://ann:hush@sad@kafka-1:9092', 'ann:hush@kafka-1:9092']) {
    const open = (): unknown => kafkaLog({ brokers: [address] });
    expect(open).toThrow("brokers: '***@kafka-1:9092' is no host:port");
    expect(open).not.toThrow('hush');
  }
});

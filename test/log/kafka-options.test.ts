import { type KafkaLogOptions, kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';

const brokers = ['127.0.0.1:1'];

test.each<readonly [object, string]>([
  [{ brokers, brokrs: [] }, 'there is no option brokrs; those there are: brokers, '],
  [{ brokers, tls: 'yes' }, "option tls: 'yes' is neither true or false nor options of Node's tls.connect"],
])('%o is refused before anything is connected to', (options, message) => {
  expect(() => kafkaLog(options as KafkaLogOptions)).toThrow(message);
});

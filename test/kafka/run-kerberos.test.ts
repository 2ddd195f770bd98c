import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../cli/harness.ts';
import { jobProject, KgenRun } from '../run/project.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKerberos } from '../support/kerberos/describe-kerberos.ts';
import { type Kdc, startKdc } from '../support/kerberos/kdc.ts';
import { kerberosListener } from '../support/kerberos/listener.ts';

await describeWithKerberos('kgen run with Kerberos', () => {
  let kdc: Kdc;
  let broker: Broker;
  let project: Sandbox;
  let keytab: string;
  beforeAll(async () => {
    kdc = await startKdc();
    keytab = await kdc.addPrincipal('lines');
    const service = await kdc.addPrincipal('events/127.0.0.1');
    broker = await startBroker({
      listeners: ['SASL_PLAINTEXT'],
      jvm: ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-Djava.security.krb5.conf=${kdc.config}`],
      properties: kerberosListener('sasl_plaintext', 'events/127.0.0.1', service),
    });
    project = await jobProject();
    const log = kafkaLog({ brokers: [broker.address] });
    await log.createTopics(['lines', 'copies'].map((name) => ({ name, partitions: 2 })));
    await log.close();
  }, 90_000);
  afterAll(async () => {
    await broker?.stop();
    await kdc?.stop();
  });

  function run(env: { readonly [name: string]: string }, threads = '1'): KgenRun {
    return new KgenRun(project, ['copy-lines', '--until', 'latest', '--threads', threads], {
      KRB5_CONFIG: kdc.config,
      KAFKA_BROKERS: broker.addresses['SASL_PLAINTEXT'] ?? '',
      KAFKA_SASL_MECHANISM: 'GSSAPI',
      KAFKA_SASL_KERBEROS_SERVICE_NAME: 'events',
      ...env,
    });
  }

  test.each(['1', '2'])('it runs with a keytab, on %s threads', async (threads) => {
    const good = run({ KAFKA_SASL_KERBEROS_KEYTAB: keytab }, threads);
    expect(await good.ended, good.said).toBe(0);
    expect(good.said).toContain('job done');
  });

  test('without a ticket it ends at once, with code 1 and what to do', async () => {
    const none = run({ KRB5CCNAME: 'FILE:/nowhere/tickets' });
    expect(await none.ended, none.said).toBe(1);
    expect(none.lines).toMatchObject([
      {
        level: 50,
        msg: 'job failed',
        err: { code: 'JOB_LOG_FAILED', message: expect.stringMatching(/kinit.*keytab/) },
      },
    ]);
  });
});

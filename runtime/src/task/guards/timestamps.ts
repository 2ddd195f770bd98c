import type { Log } from '../../log/port.ts';
import { toolCommand } from '../../log/tool-command.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { PlannedOutput } from '../calls/output.ts';
import { knownSettings } from './known-settings.ts';

/**
 * Says it where records of an output get another time than the job is declared to give them, as the topic dates them itself, or does
 * not. Of topics whose settings the brokers do not tell, nothing.
 */
export async function warnOfTimestamps(
  log: Log,
  outputs: readonly Pick<PlannedOutput, 'topic' | 'routes'>[],
  jobLog: JobLog,
): Promise<void> {
  const declared = new Map(
    outputs.flatMap(({ topic: { timestamps = 'event' }, routes }) =>
      Array.from(routes.values(), ({ topic }) => [topic, timestamps] as const),
    ),
  );
  for (const [topic, { timestampType }] of await knownSettings(log, declared.keys())) {
    const timestamps = declared.get(topic);
    const isBrokers = timestamps === 'broker';
    if (timestampType === undefined || isBrokers === (timestampType === 'LogAppendTime')) continue;
    const now = `topic ${topic} has message.timestamp.type=${timestampType}`;
    const set = (type: string): string => {
      const call = `--alter --entity-type topics --entity-name ${topic} --add-config message.timestamp.type=${type}`;
      return toolCommand(log, 'kafka-configs.sh', call);
    };
    jobLog.warn(
      { topic, timestamps, timestampType },
      isBrokers
        ? `records are to have the time of the brokers, and get that of this machine: ${now}. Let it be LogAppendTime (${set('LogAppendTime')})`
        : `records lose the event time that the job gives them, and get that of the brokers: ${now}. Let it be CreateTime (${set('CreateTime')}), or declare the topic with timestamps: 'broker'`,
    );
  }
}

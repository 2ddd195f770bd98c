import { isLogError, type Log, LogError } from '@kgen/runtime';
import { type Network, never } from './network.ts';
import type { Process, ProcessWorld } from './process.ts';

type Producer = Awaited<ReturnType<Log['idempotentProducer']>>;
type Outgoing = Parameters<Producer['append']>[0];

/** A batch is sent again for so long, in milliseconds. */
const PATIENCE = 150;

interface Batch {
  readonly records: Outgoing[];
  /** It is known by its number: what comes again is not written again. */
  written: boolean;
}

/**
 * A producer without transactions as its process sees it: what is appended waits a moment for more, and goes out in batches, one
 * after the other. A batch of which no answer comes is sent again.
 */
export function processOutputs(
  log: Log,
  first: Producer,
  process: Process,
  world: ProcessWorld,
  network: Network,
): Producer {
  const { faults, chance, time } = world;
  const { phase } = process;
  let producer = first;
  let open: Batch = { records: [], written: false };
  let sent: Promise<void> = Promise.resolve();
  let failure: LogError | undefined;
  let closed = false;
  const check = (): void => {
    if (closed) throw new LogError('fatal', 'the producer is closed');
    if (failure !== undefined) throw failure;
  };
  const write = (to: Producer, batch: Batch) => async (): Promise<void> => {
    if (batch.written) return;
    batch.written = true;
    for (const record of batch.records) void to.append(record);
  };
  const deliver = async (batch: Batch): Promise<void> => {
    const apply = write(producer, batch);
    const deadline = time.monotonic() + PATIENCE;
    for (;;) {
      if (closed || failure !== undefined) return;
      const name = `outputs of ${producer.producerId}`;
      try {
        await network.request({
          name,
          send: apply,
          coordinator: false,
          unanswered: 'unknown-outcome',
          repeatable: true,
        });
        return;
      } catch (error) {
        if (!isLogError(error) || time.monotonic() > deadline) {
          failure ??= new LogError('abortable', `outputs are not there: ${error}`, { cause: error });
          return;
        }
        await process.clock().turn();
      }
    }
  };
  const send = (): void => {
    if (open.records.length === 0) return;
    const batch = open;
    open = { records: [], written: false };
    sent = sent.then(() => deliver(batch));
  };
  return {
    get producerId() {
      return producer.producerId;
    },
    get epoch() {
      return producer.epoch;
    },
    append(record) {
      if (process.isDead) return never();
      check();
      if (faults.strikes('refused record', 0.002)) {
        process.say('an output is refused');
        failure = new LogError('abortable', 'an output was refused');
        throw failure;
      }
      if (open.records.length === 0) time.after(chance.between(0, 4), () => process.deliver(send));
      open.records.push({ ...record, bytes: Buffer.from(record.bytes) });
      phase.appended();
      if (faults.strikes('crash between records', 0.002, () => phase.now())) {
        process.say('crash between records');
        process.kill();
        return never();
      }
      return chance.hits(0.1) ? process.answer(Promise.resolve()) : undefined;
    },
    async flush() {
      check();
      send();
      const before = sent;
      await process.answer(before);
      check();
    },
    async reset() {
      if (failure === undefined) return;
      open = { records: [], written: false };
      await sent;
      producer = await network.request({
        name: 'idempotentProducer',
        send: () => log.idempotentProducer(),
        coordinator: false,
        unanswered: 'retriable',
      });
      failure = undefined;
    },
    // What was sent is on its way all the same.
    close() {
      closed = true;
    },
  };
}

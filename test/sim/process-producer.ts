import { isLogError, type Log, LogError } from '@kgen/runtime';
import { HeldRecords } from '../../runtime/src/log/memory/held-records.ts';
import { never } from './network.ts';
import type { Process, ProcessWorld } from './process.ts';

export type Producer = Awaited<ReturnType<Log['producer']>>;

/** Sends a request of which it matters whether it was applied. */
export type Tell = (name: string, send: () => Promise<void>) => Promise<void>;

/** Bytes that may wait for the end of a transaction before a process has to wait as well. */
const HELD_BYTES = 400;

/** A producer as its process sees it. What waits for the end of a sealed transaction waits there: the network lies behind it. */
export function processProducer(producer: Producer, process: Process, world: ProcessWorld, send: Tell): Producer {
  const { faults, chance } = world;
  const { phase } = process;
  const name = (): string => `${producer.producerId}:${producer.epoch}`;
  const held = new HeldRecords(HELD_BYTES);
  let sealed = false;
  let isHeld = false;
  let closed = false;
  let failure: unknown;
  const tell: Tell = async (request, apply) => {
    if (closed) throw new LogError('fatal', 'the producer is closed');
    try {
      await send(request, apply);
    } catch (error) {
      // What may be repeated has changed nothing; else the transaction can only be aborted, and nobody is to wait for its end.
      if (!isLogError(error) || error.kind !== 'retriable') {
        failure ??= error;
        held.release();
      }
      throw error;
    }
  };
  const end = async (how: 'commit' | 'abort'): Promise<void> => {
    try {
      await tell(`${how} of ${name()}`, () => {
        phase.ending(how);
        return producer[how]();
      });
    } finally {
      phase.ended();
    }
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
      if (closed) throw new LogError('fatal', 'the producer is closed');
      if (failure !== undefined) throw failure;
      if (faults.strikes('refused record', 0.002)) {
        process.say('a record is refused');
        throw new LogError('abortable', 'a record was refused');
      }
      const pressure = sealed || isHeld ? held.add(record) : producer.append(record);
      phase.appended();
      if (faults.strikes('crash between records', 0.002, () => phase.now())) {
        process.say('crash between records');
        process.kill();
        return never();
      }
      return chance.hits(0.1) ? process.answer(Promise.resolve()) : pressure;
    },
    seal() {
      if (!sealed) phase.sealed();
      sealed = true;
    },
    hold() {
      isHeld = true;
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      try {
        for (const record of held.release()) {
          void producer.append(record);
          phase.appended();
        }
      } catch (error) {
        process.say(`what was held is refused: ${error}`);
        failure ??= error;
      }
    },
    async flush() {
      await world.time.wait(faults.strikes('slow answer', 0.03) ? chance.between(2, 40) : chance.between(0, 1.5));
      await process.answer(Promise.resolve());
      if (closed) throw new LogError('fatal', 'the producer is closed');
      if (failure !== undefined) throw failure;
    },
    commitOffsets(member, offsets) {
      const which = offsets.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(' ');
      return tell(`offsets of ${name()}, generation ${member.generation}: ${which}`, () => {
        phase.offsetsSent();
        return producer.commitOffsets(member, offsets);
      });
    },
    async commit() {
      await end('commit');
      phase.unsealed();
      sealed = false;
      try {
        for (const record of held.release()) {
          void producer.append(record);
          phase.appended();
        }
      } catch (error) {
        // Who is fenced hears so again.
        process.say(`what waited is refused: ${error}`);
      }
    },
    async abort() {
      if (sealed) phase.unsealed();
      sealed = false;
      isHeld = false;
      failure = undefined;
      held.release();
      await end('abort');
    },
    // What was sent is on its way all the same.
    close() {
      closed = true;
    },
  };
}

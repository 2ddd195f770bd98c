import type { RecordCodec } from '../../codec/codec.ts';
import { recordCodec } from '../../codec/make-codec.ts';
import { readBoolean } from '../../codec/primitives/number.ts';
import { readLongNumber } from '../../codec/primitives/varint.ts';
import { writeBoolean, writeLongNumber } from '../../codec/primitives/write.ts';

/** A timer as the changelog holds it. */
export interface TimerSetting {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** By the watermark; else by the clock. */
  readonly eventTime: boolean;
}

export const timerSetting: RecordCodec<TimerSetting> = /* @__PURE__ */ recordCodec({
  schema:
    '{"type":"record","name":"kgen.Timer","fields":[{"name":"time","type":"long"},{"name":"eventTime","type":"boolean"}]}',
  mapping: { long: 'number' },
  read: (reader) => ({ time: readLongNumber(reader), eventTime: readBoolean(reader) }),
  write(writer, value) {
    writeLongNumber(writer, value.time);
    writeBoolean(writer, value.eventTime);
  },
});

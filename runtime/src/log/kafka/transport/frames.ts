import type { Answer, Message } from '../messages/message.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

/** No answer is larger: what claims to be is not Kafka speaking. */
export const MAX_ANSWER_BYTES: number = 512 * 1024 * 1024;

/** A whole request: size, header, body. */
export function requestFrame<Request, Response extends Answer>(
  message: Message<Request, Response>,
  request: Request,
  version: number,
  correlationId: number,
  clientId: string,
): readonly Uint8Array[] {
  const frame = new WireWriter();
  const size = frame.later(4);
  frame.int16(message.key).int16(version).int32(correlationId).stringClassic(clientId);
  if (isFlexible(message, version)) frame.noTags();
  message.write(frame, request, version);
  size.writeInt32BE(frame.size - size.length);
  return frame.chunks();
}

/** What follows the correlation id of an answer. @throws LogError where it is not that answer */
export function readAnswer<Request, Response extends Answer>(
  message: Message<Request, Response>,
  payload: Buffer,
  version: number,
): Response {
  const reader = new WireReader(payload);
  if (message.plainAnswer === undefined && isFlexible(message, version)) reader.tags();
  const answer = message.read(reader, version);
  reader.done();
  return answer;
}

function isFlexible({ flexibleFrom = 0 }: Message<never, Answer>, version: number): boolean {
  return version >= flexibleFrom;
}

/** What a socket is given to read into while no answer has begun. */
const SCRATCH_BYTES = 64 * 1024;

/**
 * Cuts what a socket delivers into answers. A socket that can is told where to put the bytes (`target`, `filled`): large
 * answers are read to where they stay. Others `push` what they have read.
 */
export class FrameReader {
  readonly #deliver: (frame: Buffer) => void;
  readonly #head = Buffer.alloc(4);
  /** Bytes of the head that are there. */
  #headFilled = 0;
  #frame: Buffer | undefined;
  #filled = 0;
  #scratch: Buffer | undefined;

  constructor(deliver: (frame: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** Where the next bytes go. */
  target(): Buffer {
    if (this.#frame !== undefined) return this.#frame.subarray(this.#filled);
    this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    return this.#scratch;
  }

  /** So many bytes were put there. @throws RangeError where it is not Kafka that speaks */
  filled(count: number): void {
    if (this.#frame !== undefined) this.#advance(this.#frame, count);
    else if (this.#scratch !== undefined) this.#cut(this.#scratch.subarray(0, count), true);
  }

  /** `data` is not used again by others. @throws RangeError where it is not Kafka that speaks */
  push(data: Buffer): void {
    this.#cut(data, false);
  }

  /** `borrowed`: the memory is used again, so what is to stay is copied. */
  #cut(data: Buffer, borrowed: boolean): void {
    let at = 0;
    while (at < data.length) {
      if (this.#frame !== undefined) {
        const copied = data.copy(this.#frame, this.#filled, at);
        at += copied;
        this.#advance(this.#frame, copied);
        continue;
      }
      const copied = data.copy(this.#head, this.#headFilled, at, at + 4 - this.#headFilled);
      at += copied;
      this.#headFilled += copied;
      if (this.#headFilled < 4) return;
      this.#headFilled = 0;
      const size = this.#head.readInt32BE(0);
      if (size < 4 || size > MAX_ANSWER_BYTES) throw new RangeError(`an answer of ${size} bytes: that is not Kafka`);
      if (data.length - at >= size) {
        const frame = data.subarray(at, at + size);
        this.#deliver(borrowed ? Buffer.from(frame) : frame);
        at += size;
      } else {
        // The system gives memory only as it is filled, so that a claim alone costs nothing.
        this.#frame = Buffer.allocUnsafeSlow(size);
        this.#filled = 0;
      }
    }
  }

  #advance(frame: Buffer, count: number): void {
    this.#filled += count;
    if (this.#filled < frame.length) return;
    this.#frame = undefined;
    this.#deliver(frame);
  }
}

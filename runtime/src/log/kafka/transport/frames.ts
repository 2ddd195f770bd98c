import type { Answer, Message } from '../messages/message.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

/** No answer is larger: what claims to be is not Kafka speaking. */
export const MAX_ANSWER_BYTES: number = 512 * 1024 * 1024;

/** A whole request: size, header 2, body. */
export function requestFrame<Request, Response extends Answer>(
  message: Message<Request, Response>,
  request: Request,
  version: number,
  correlationId: number,
  clientId: string,
): readonly Uint8Array[] {
  const body = new WireWriter();
  body.int16(message.key).int16(version).int32(correlationId).stringClassic(clientId).noTags();
  message.write(body, request, version);
  return [new WireWriter(4).int32(body.size).bytes(), ...body.chunks()];
}

/** What follows the correlation id of an answer. @throws LogError where it is not that answer */
export function readAnswer<Request, Response extends Answer>(
  message: Message<Request, Response>,
  payload: Buffer,
  version: number,
): Response {
  const reader = new WireReader(payload);
  if (message.plainAnswer === undefined) reader.tags();
  const answer = message.read(reader, version);
  reader.done();
  return answer;
}

/** Cuts what a socket delivers into answers, each copied once at most. */
export class FrameReader {
  readonly #deliver: (frame: Buffer) => void;
  readonly #head = Buffer.alloc(4);
  /** Bytes of the head that are there. */
  #headFilled = 0;
  #frame: Buffer | undefined;
  #filled = 0;

  constructor(deliver: (frame: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** @throws RangeError where it is not Kafka that speaks */
  push(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      if (this.#frame !== undefined) {
        at += this.#fill(this.#frame, data, at);
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
        this.#deliver(data.subarray(at, at + size));
        at += size;
      } else {
        // The system gives memory only as it is filled, so that a claim alone costs nothing.
        this.#frame = Buffer.allocUnsafeSlow(size);
        this.#filled = 0;
      }
    }
  }

  #fill(frame: Buffer, data: Buffer, at: number): number {
    const copied = data.copy(frame, this.#filled, at);
    this.#filled += copied;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.#deliver(frame);
    }
    return copied;
  }
}

/** A file that is no Avro Object Container File, or a damaged one. Its message names the byte. */
export class ContainerError extends Error {
  readonly code = 'CONTAINER';
  /** From the start of the file. */
  readonly offset: number;

  constructor(reason: string, offset: number, options?: ErrorOptions) {
    super(`${reason} (byte ${offset})`, options);
    this.name = 'ContainerError';
    this.offset = offset;
  }
}

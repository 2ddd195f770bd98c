/** A file to be written, as text with LF line ends. */
export interface OutputFile {
  /** Relative to the config's folder, with `/`. */
  readonly path: string;
  readonly text: string;
}

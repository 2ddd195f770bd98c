/** Something wrong at one place of a text. */
export interface TextProblem {
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
  /** What is wrong; no full stop. */
  readonly reason: string;
  /** What to do about it; no full stop. */
  readonly hint: string;
}

/** A text that cannot be read any further. Caught inside this folder, where reading can go on. */
export class TextFailure extends Error {
  readonly problem: TextProblem;

  constructor(problem: TextProblem) {
    super(problem.reason);
    this.problem = problem;
  }
}

const SHOWN_LENGTH = 60;

/** Foreign text inside a message: short, in one line, without characters that could steer a terminal. */
export function shown(text: string): string {
  const short = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return short.replace(/(?! )[\p{C}\p{Z}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Milliseconds, or text: `'500 ms'`, `'1 s'`, `'5 minutes'`, `'1 hour'`, `'2 days'`. */
export type Duration = number | string;

/** All options of a kind: a test of the compiler that none is left out. */
export type OptionNames<T> = { readonly [Option in keyof Required<T>]: true };

/** What is wrong with names of options, which a compiler of the user's may not have checked; undefined where nothing is. */
export function unknownOption<T extends object>(given: T, known: OptionNames<T>): string | undefined {
  const unknown = Object.keys(given).find((option) => !Object.hasOwn(known, option));
  return unknown === undefined
    ? undefined
    : `${unknown}: there is no such option, but ${Object.keys(known).join(', ')}`;
}

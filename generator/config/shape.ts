import { closest } from './closest.ts';

/** Tells what is wrong with the value at `path`. */
export type Report = (path: string, reason: string, hint: string) => void;

/** Looks at one value of a config and reports all that is wrong with it. */
export interface Check {
  (value: unknown, path: string, report: Report): void;
  /** What it wants, as a phrase that follows "expected". */
  readonly expected: string;
}

type Look = (value: unknown, path: string, report: Report) => void;

export function check(expected: string, look: Look): Check {
  return Object.assign((value: unknown, path: string, report: Report) => look(value, path, report), { expected });
}

/** A check by a predicate alone. */
export function where(expected: string, accepts: (value: unknown) => boolean, hint?: string): Check {
  return check(expected, (value, path, report) => {
    if (!accepts(value)) report(path, mismatch(expected, value), hint ?? `Give ${expected}`);
  });
}

export const text: Check = where('a text that is not empty', (value) => typeof value === 'string' && value !== '');

export function oneOf(options: readonly string[]): Check {
  const expected = options.map((option) => `'${option}'`).join(', ');
  return check(`one of ${expected}`, (value, path, report) => {
    if (typeof value === 'string' && options.includes(value)) return;
    const near = typeof value === 'string' ? closest(value, options) : undefined;
    report(
      path,
      `${describe(value)} is not one of its values`,
      near === undefined ? `Use ${expected}` : `Did you mean '${near}'?`,
    );
  });
}

export function listOf(item: Check, options: { readonly atLeastOne?: boolean } = {}): Check {
  const expected = `a list, each item ${item.expected}`;
  return check(expected, (value, path, report) => {
    if (!Array.isArray(value)) {
      report(path, mismatch('a list', value), `Put it in brackets; each item is ${item.expected}`);
      return;
    }
    if (options.atLeastOne === true && value.length === 0) {
      report(path, 'the list is empty', `Give at least one item: ${item.expected}`);
    }
    value.forEach((each, index) => {
      item(each, `${path}[${index}]`, report);
    });
  });
}

/** The same check, whose reports do not show what was found: it may be a secret. */
export function secret(inner: Check): Check {
  return check(inner.expected, (value, path, report) => {
    inner(value, path, (at, reason, hint) =>
      report(at, reason.replace(/, found [\s\S]*$/, ', found something else'), hint),
    );
  });
}

/** An object with keys of the user's own. */
export function mapOf(entry: Check): Check {
  return check(`an object, each value ${entry.expected}`, (value, path, report) => {
    if (!isObject(value)) {
      report(path, mismatch('an object', value), `Give an object, each value ${entry.expected}`);
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) entry(each, join(path, key), report);
    }
  });
}

export type Options = { readonly [name: string]: Check | { readonly required: Check } };

/** An object with these options. An option that is undefined counts as absent. */
export function options(known: Options): Check {
  const names = Object.keys(known);
  return check(`an object with ${list(names)}`, (value, path, report) => {
    if (!isObject(value)) {
      report(path, mismatch('an object', value), `Its options are ${list(names)}`);
      return;
    }
    // Misspelt is not missing besides.
    const meant = new Set<string>();
    for (const [name, each] of Object.entries(value)) {
      const option = Object.hasOwn(known, name) ? known[name] : undefined;
      if (option === undefined) {
        const near = closest(name, names);
        if (near !== undefined) meant.add(near);
        report(
          join(path, name),
          'there is no such option',
          near === undefined ? `The options here are ${list(names)}` : `Did you mean \`${near}\`?`,
        );
      } else if (each !== undefined) {
        (typeof option === 'function' ? option : option.required)(each, join(path, name), report);
      }
    }
    for (const [name, option] of Object.entries(known)) {
      if (typeof option === 'object' && value[name] === undefined && !meant.has(name)) {
        report(join(path, name), 'it is missing', `Give ${option.required.expected}`);
      }
    }
  });
}

/** Several forms of one option: the first whose `when` accepts the value's outer shape checks the rest of it. */
export function eitherOf(
  expected: string,
  forms: readonly { readonly when: (value: unknown) => boolean; readonly check: Check }[],
): Check {
  return check(expected, (value, path, report) => {
    const form = forms.find(({ when }) => when(value));
    if (form === undefined) report(path, mismatch(expected, value), `Give ${expected}`);
    else form.check(value, path, report);
  });
}

/** An object of one of these forms, each told by its first option. Where an option is of none, any form may be meant. */
export function formOf(expected: string, forms: readonly Options[]): Check {
  const known: Options = Object.fromEntries(
    forms.flatMap((form) =>
      Object.entries(form).map(([name, option]) => [name, typeof option === 'function' ? option : option.required]),
    ),
  );
  return check(expected, (value, path, report) => {
    const names = isObject(value) ? Object.keys(value).filter((name) => value[name] !== undefined) : [];
    const form = names.every((name) => Object.hasOwn(known, name))
      ? forms.find((each) => names.includes(Object.keys(each)[0] ?? ''))
      : known;
    if (form !== undefined) options(form)(value, path, report);
    else report(path, mismatch(expected, value), `Give ${expected}`);
  });
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `jobs.airport-delays`, `types.fields['shop.Order.sequence']`. */
function join(path: string, key: string): string {
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key).replaceAll(/^"|"$/g, "'")}]`;
  return path === '' ? key : `${path}.${key}`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function mismatch(expected: string, value: unknown): string {
  return `expected ${expected}, found ${describe(value)}`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof RegExp) return 'a regular expression';
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty text' : JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return `the ${typeof value} ${value}`;
    case 'object':
      return 'an object';
    default:
      return `a ${typeof value}`;
  }
}

import { type Check, check, eitherOf, formOf, isObject, mapOf, type Options, oneOf, where } from './shape.ts';

// Where inputs begin, and go on.

const offset = where('an offset, such as 23n', (value) => {
  const isOffset = typeof value === 'bigint' || typeof value === 'number';
  return isOffset && value >= 0 && Number.isSafeInteger(Number(value));
});

const partitions = check('an object of offsets by partition', (value, at, report) => {
  mapOf(offset)(value, at, report);
  if (!isObject(value)) return;
  for (const partition of Object.keys(value)) {
    if (!/^\d{1,9}$/.test(partition))
      report(at, `'${partition}' is no number of a partition`, 'Give offsets by partition, such as { 0: 23n }');
  }
});

const group = oneOf(['earliest', 'latest', 'fail']);

const time = where(
  'a Date, milliseconds since 1970, or ISO 8601 with a zone',
  (value) => value instanceof Date || typeof value === 'number' || (typeof value === 'string' && value !== ''),
);

const places = "'earliest', 'latest', 'group', `{ group }`, `{ timestamp }` or `{ offsets }`";
const startFrom = eitherOf(places, [
  { when: (value) => typeof value === 'string', check: oneOf(['earliest', 'latest', 'group']) },
  {
    when: isObject,
    check: formOf(places, [{ timestamp: time }, { offsets: mapOf(partitions), group }, { group }]),
  },
]);

const onOutOfRange: Check = oneOf(['fail', 'earliest', 'latest']);

export const positions: Options = {
  startFrom,
  onOutOfRange,
  isolation: oneOf(['read_committed', 'read_uncommitted']),
};

import { type Check, eitherOf, isObject, oneOf, options, text } from './shape.ts';

const policy = eitherOf("'fail', 'skip' or { deadLetter: 'name of a topic' }", [
  { when: (value) => typeof value === 'string', check: oneOf(['fail', 'skip']) },
  { when: isObject, check: options({ deadLetter: { required: text } }) },
]);

/** A job's `onError`. */
export const onError: Check = options({ decode: policy, process: policy, produce: policy });

import { jobNames, parameterName } from '../../generator/model/job-names.ts';
import type { InputModel, JobModel, TopicModel } from '../../generator/model/model.ts';
import { airports, DelayTotal, delays, flights } from '../emit/jobs/flights.ts';

export function streamOf(topic: TopicModel): InputModel {
  return { topic, as: 'stream', parameter: parameterName(topic.value), outOfOrderness: 0 };
}

/** A job with a stream input for each name, all of flights. */
export function jobOf(...handlers: readonly string[]): JobModel {
  return {
    name: 'airport-delays',
    ...jobNames('airport-delays'),
    key: { kind: 'utf8' },
    inputs: handlers.map((id) => streamOf({ ...flights, id })),
    outputs: [],
    state: [],
    timers: [],
    guarantee: 'exactly-once',
    checkpointInterval: 1000,
  };
}

/** The job of the example: a stream, a table, an output and state. */
export const airportDelays: JobModel = {
  ...jobOf('flights'),
  inputs: [
    { ...streamOf(flights), fields: ['origin', 'delay'], outOfOrderness: 3_600_000 },
    { topic: airports, as: 'table', parameter: 'airport', outOfOrderness: 0 },
  ],
  outputs: [delays],
  state: [{ name: 'total', kind: 'value', value: { type: DelayTotal } }],
};

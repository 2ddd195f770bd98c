import { defineConfig } from 'kgen';

export default defineConfig({
  schemas: ['schemas/*.avsc'],
  out: 'src/generated',
  types: { long: 'number' },
  topics: {
    events: { key: 'utf8', value: { type: 'bench.avro.Event', format: 'confluent', id: 1 }, keyFrom: 'user' },
    counted: { key: 'utf8', value: { type: 'bench.avro.UserCount', format: 'confluent', id: 2 }, keyFrom: 'user' },
    doubled: { key: 'utf8', value: { type: 'bench.avro.Event', format: 'confluent', id: 1 }, keyFrom: 'user' },
  },
  jobs: {
    counts: {
      inputs: { events: {} },
      outputs: ['counted'],
      state: { count: 'bench.avro.UserCount' },
      guarantee: 'exactly-once',
      checkpoint: { interval: '1 s' },
    },
    double: {
      inputs: { events: {} },
      outputs: ['doubled'],
      guarantee: 'exactly-once',
      checkpoint: { interval: '1 s' },
    },
  },
});

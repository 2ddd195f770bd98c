import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ['kgen-source'] },
  ssr: { resolve: { conditions: ['kgen-source'], externalConditions: ['kgen-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/plain-output.ts'],
    // Several programs are started one after the other, on machines that do other things as well.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is polled comes from real servers and processes: a second is little where they share a processor.
    expect: { poll: { timeout: 20_000 } },
    execArgv: ['--conditions=kgen-source'],
  },
});

export default config;

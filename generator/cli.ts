#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: from the second run on, Node takes what it compiled from its cache.
enableCompileCache?.();

const { main } = await import('./commands/program.ts');
process.exitCode = await main(process.argv.slice(2));

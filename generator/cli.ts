import module from 'node:module';

// Runs on any Node with modules, down to 14: what follows is loaded only where it can be.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// From here on Node runs TypeScript as it is: configs, and what they import.
if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) {
  // Before anything else is loaded: from the second run on, Node takes what it compiled from its cache.
  module.enableCompileCache?.();

  const { main } = await import('./commands/program.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error(
    `kgen needs Node 22.18 or later; this is ${process.versions.node}. Install it from https://nodejs.org.`,
  );
  process.exitCode = 2;
}

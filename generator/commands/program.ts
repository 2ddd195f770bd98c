import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { type Console, plain, processConsole } from './console.ts';
import { FINDINGS, FINE, WRONG_CALL } from './exit.ts';

const EXAMPLES = `
Examples:
  kgen init                                                     sets a project up
  kgen generate --watch                                         generates whenever a schema changes
  kgen generate --schemas 'schemas/*.avsc' --out src/generated  without a config
  kgen check --types                                            for CI: is generated code up to date, does all compile?
  kgen run airport-delays --brokers localhost:9092              runs a job on Kafka
  kgen savepoint airport-delays delays.avro                     saves offsets and state of a job
  kgen diff                                                     what changes in the registry, and is it compatible?
  kgen transactions airport-delays                              what is open in Kafka, and whose it is
  kgen inspect schemas/flight.avsc                              what a schema says
  kgen inspect --schema schemas/flight.avsc record.bin          what bytes say

Exit codes: 0 fine; 1 findings; 2 the call or the config is wrong.`;

const RUN_HELP = `
TLS and SASL come from the environment (KAFKA_TLS, KAFKA_TLS_CA, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD)
or from \`kafka\` in the config.

Exit codes: 0 stopped, or done; 1 the job failed for good; 2 the call or the config is wrong;
130 and 143 a second signal ended it at once.`;

const TRANSACTIONS_HELP = `
Examples:
  kgen transactions airport-delays                               what is open, for how long, and whose it is
  kgen transactions abort airport-delays --dry-run               what instances that are gone have left open
  kgen transactions abort airport-delays airport-delays/pod-7    one of them

Ends with 1 where something is left that nobody will end soon.`;

const INSPECT_HELP = `
Examples:
  kgen inspect schemas/order.avsc                             what a schema says
  kgen inspect --schema schemas/order.avsc order.bin          what bytes say
  kgen inspect --format confluent order.bin                   bytes that bear the id of a schema that was pulled
  kgen inspect --topic orders --partition 0 --offset 12       a record in Kafka, and who wrote it`;

const DIFF_HELP = `
Examples:
  kgen diff                    local schemas against the newest versions that were pulled
  kgen diff orders-value       the local schema of one subject
  kgen diff orders-value 2     the local schema against version 2
  kgen diff orders-value 2 3   two versions
  kgen diff old.avsc new.avsc  two files

Ends with 1 where a local schema breaks the compatibility level of its subject.`;

/** Runs a call and returns its exit code. Each command's code is loaded only when it is called. */
export async function main(args: readonly string[]): Promise<number> {
  const console = processConsole();
  let code = FINE;
  const program = buildProgram(console, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? FINE : WRONG_CALL;
    return unexpected(error, console, args);
  }
}

export function buildProgram(console: Console, done: (code: number) => void): Command {
  const { version, description } = packageJson();
  const program = new Command('kgen')
    .description(`${description}.`)
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', EXAMPLES)
    .exitOverride();

  program.commandsGroup('Generated code:');

  program
    .command('init')
    .description('Set a project up: config, sample schema, scripts, CI workflow')
    .option('-y, --yes', 'Ask nothing, take the defaults')
    .option('--out <folder>', 'Where generated code goes')
    .option('--jobs-dir <folder>', 'Where jobs live')
    .action(async (options) => done(await (await import('./init.ts')).initCommand(options, console)));

  withConfig(program.command('generate'), 'Write typed codecs, topics and jobs from the schemas')
    .option('-w, --watch', 'Stay, and generate again whenever a schema, the config or a template changes')
    .option('--dry-run', 'Say what would change, and write nothing')
    .option('--amend', 'Add missing handlers to existing job files')
    .action(async ({ watch, ...options }) =>
      done(
        watch === true
          ? await (await import('./watch.ts')).watchCommand(options, console)
          : await (await import('./generate.ts')).generateCommand(options, console),
      ),
    );

  withConfig(program.command('check'), 'Tell whether generated code is what the schemas and the config give')
    .option('--types', "Type-check as well, with the project's own TypeScript")
    .option('--registry', 'Tell as well what has moved in the Schema Registry, and what that changes')
    .option('--json', 'Print one JSON document instead of text')
    .action(async (options) => done(await (await import('./check.ts')).checkCommand(options, console)));

  program.commandsGroup('Schema Registry:');

  withConfig(program.command('pull'), "Take the schemas of the config's Schema Registry into the project")
    .option('--check', 'Only tell whether the registry has moved on; for a scheduled run')
    .action(async (options) => done(await (await import('./pull.ts')).pullCommand(options, console)));

  program
    .command('diff')
    .description('Say what lies between the local schemas and those registered, between two versions, or two files')
    .argument('[names...]', 'A subject and up to two of its versions; or two schema files')
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('--json', 'Print one JSON document instead of text')
    .addHelpText('after', DIFF_HELP)
    .action(async (names, options) =>
      done(await (await import('./diff.ts')).diffCommand({ names, ...options }, console)),
    );

  program
    .command('register')
    .description('Publish local schemas that the Schema Registry does not have as they are')
    .argument('[subjects...]', 'Only these, and what they refer to')
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('--dry-run', 'Say what would be registered, and register nothing')
    .option('-y, --yes', 'Do not ask')
    .action(async (subjects, options) =>
      done(await (await import('./register.ts')).registerCommand({ subjects, ...options }, console)),
    );

  program.commandsGroup('Jobs on Kafka:');

  program
    .command('run')
    .description('Run a job on Kafka until it is stopped')
    .argument('[job]', "A job's name, or its file")
    .optionsGroup('What runs, and where:')
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('-b, --brokers <addresses>', 'Some of the brokers: kafka-1:9092,kafka-2:9092; default: KAFKA_BROKERS')
    .option('--group <name>', "The consumer group; default: the job's name")
    .option(
      '--instance <name>',
      'Name of this instance, the same after a restart; default: KGEN_INSTANCE, or a random one',
    )
    .option('--threads <number>', 'How many instances run in this process, in worker threads; default: 1')
    .option('--topics <declared=actual...>', 'Names of topics in this environment')
    .option(
      '--create-topics <partitions>',
      'Create inputs and outputs that do not exist with so many partitions; 12:3 with 3 replicas each',
    )
    .option('--store <folder>', 'Keep state in LMDB files there, beyond memory; default: KGEN_STORE, or memory')
    .optionsGroup('Where it begins, and ends:')
    .option(
      '--start-from <where>',
      'Where inputs begin that were never read: earliest (default), latest, group, group:earliest, group:latest, a time, or topic:partition=offset,...',
    )
    .option('--from <file>', 'Start from this savepoint, where the group has not begun yet')
    .option('--replace', 'With --from: delete the offsets and the state that the group has now')
    .option('--until <where>', 'End there: latest, for what the inputs hold now; a time; or topic:partition=offset,...')
    .option('--grace <duration>', 'How long it may take to stop; default: 25 s')
    .optionsGroup('While it runs; default: as the job declares:')
    .option('--checkpoint-interval <duration>', 'Time from one checkpoint to the next')
    .option('--concurrent-checkpoints <number>', 'How many checkpoints may be under way at once, 1 to 10')
    .option('--discovery <duration>', 'How often inputs look for new topics and partitions; off for never')
    .option(
      '--on-out-of-range <what>',
      'Where records are lost that were to be read: fail (default), earliest or latest',
    )
    .option(
      '--on-error <place=policy...>',
      'Of records that fail: decode=skip, process=dead-letter:<topic>, produce=fail',
    )
    .optionsGroup('What it says:')
    .option('--log-level <level>', 'debug, info, warn or error; default: LOG_LEVEL, or info')
    .option('--log-format <format>', 'text or json; default: LOG_FORMAT, or text on a terminal')
    .addHelpText('after', RUN_HELP)
    .action(async (job, options) => done(await (await import('./run.ts')).runCommand({ job, ...options }, console)));

  program
    .command('transactions')
    .description(
      'List what a job has open in Kafka and what holds its readers back, or abort what is left of instances that are gone',
    )
    .usage('[options] [list|abort] <job> [transactional ids...]')
    .argument('[words...]', "list (default) or abort; a job's name, or its file; to abort, perhaps transactional ids")
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('-b, --brokers <addresses>', 'Some of the brokers, as for kgen run')
    .option('--group <name>', "The consumer group; default: the job's name")
    .option('--topics <declared=actual...>', 'Names of topics in this environment')
    .option('--dry-run', 'Say what would be aborted, and abort nothing')
    .option('-y, --yes', 'Do not ask')
    .option('--json', 'list: print one JSON document instead of a table')
    .addHelpText('after', TRANSACTIONS_HELP)
    .action(async (words, options) =>
      done(await (await import('./transactions.ts')).transactionsCommand({ words, ...options }, console)),
    );

  program
    .command('savepoint')
    .description("Write a job's offsets and state to a file, which any Avro tool reads")
    .argument('<job>', "A job's name, or its file")
    .argument('<file>', 'The file to write; there must be none yet')
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('-b, --brokers <addresses>', 'Some of the brokers, as for kgen run')
    .option('--group <name>', "The consumer group; default: the job's name")
    .option('--topics <declared=actual...>', 'Names of topics in this environment')
    .option('--stopped', 'Wait until the job has stopped, and save all that it has done')
    .option('--log-level <level>', 'debug, info, warn or error; default: LOG_LEVEL, or info')
    .option('--log-format <format>', 'text or json; default: LOG_FORMAT, or text on a terminal')
    .action(async (job, output, options) =>
      done(await (await import('./savepoint.ts')).savepointCommand({ job, output, ...options }, console)),
    );

  withConfig(
    program.command('deployed'),
    'Note with which schemas jobs write state that are deployed: check compares later ones with them',
  ).action(async (options) => done(await (await import('./deployed.ts')).deployedCommand(options, console)));

  program.commandsGroup('Explain:').helpCommand('help [command]', 'Explain a command');

  program
    .command('inspect')
    .description('Show what a schema says, read bytes with it, or a record from Kafka')
    .argument('[file]', 'A schema; with --schema, or --format confluent: the bytes, `-` for standard input')
    .option('-s, --schema <file>', 'Read bytes with this schema')
    .option('-t, --type <name>', 'The type to look at, where the schema file has several')
    .option('-f, --format <format>', 'How the bytes lie: avro (default), confluent, single-object, json or avro-json')
    .option('--hex <digits>', 'The bytes themselves, in hexadecimal')
    .option('--base64 <text>', 'The bytes themselves, in Base64')
    .option('--topic <name>', 'Read a record of this topic from Kafka')
    .option('--partition <number>', 'Its partition; default: 0')
    .option('--offset <number>', 'Its offset, earliest or latest; default: latest')
    .option('-b, --brokers <addresses>', 'Some of the brokers, as for kgen run')
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('--json', 'Print one JSON document')
    .addHelpText('after', INSPECT_HELP)
    .action(async (file, options) =>
      done(await (await import('./inspect.ts')).inspectCommand({ file, ...options }, console)),
    );

  for (const command of program.commands) {
    command
      .exitOverride()
      .option('--verbose', 'Show the stack of unexpected errors')
      .helpOption('-h, --help', 'Print this help');
  }
  return program;
}

function withConfig(command: Command, description: string): Command {
  return command
    .description(description)
    .option('-c, --config <file>', 'The config; default: the nearest kgen.config.ts, .mts, .js or .mjs')
    .option('--schemas <glob...>', 'Without a config: which schema files to read')
    .option('--out <folder>', 'Without a config: where generated code goes')
    .option('--long <type>', 'Without a config: the type of longs, bigint or number');
}

/** A defect of kgen's own: one line for people; the stack for those who ask. */
function unexpected(error: unknown, console: Console, args: readonly string[]): number {
  const reason = error instanceof Error ? error.message : String(error);
  console.note(`${console.colors.red('kgen failed unexpectedly')}: ${plain(reason.split('\n')[0] ?? '')}`);
  const verbose = args.includes('--verbose') || (process.env['KGEN_VERBOSE'] ?? '') !== '';
  if (verbose) console.note(error instanceof Error ? (error.stack ?? reason) : reason);
  const { bugs } = packageJson();
  const again = verbose ? '' : ', with what `--verbose` (or KGEN_VERBOSE=1) shows';
  console.note(`This is a defect of kgen. Please report it${bugs === undefined ? '' : ` at ${bugs.url}`}${again}.`);
  return FINDINGS;
}

interface PackageJson {
  readonly version: string;
  readonly description: string;
  readonly bugs?: { readonly url: string };
}

/** Beside the folder this code lies in, as sources and as built. */
function packageJson(): PackageJson {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
}

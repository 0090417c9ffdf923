import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readManifest, root, workspacePackages } from './workspace.js';

const rootManifest = readManifest('.');

/** Packages that a README may install: ours and their dependencies. */
const knownPackages = new Set(
  workspacePackages.flatMap(({ manifest }) => [
    ...(manifest.private ? [] : [manifest.name]),
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  ]),
);

/** The script of every command line program of the workspace, by the program's name. */
const programs = new Map(
  workspacePackages.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.bin ?? {}).map(([name, path]) => [name, join(root, folder, path)] as const),
  ),
);

/**
 * Checks a shell block without running it: this file must know every command, and its script, package, verb and options
 * must exist.
 *
 * @returns one message for each problem
 */
export function problemsOf(block: string): string[] {
  const lines = block.replace(/\\\n/g, ' ').split('\n');
  const commands = lines.map((line) =>
    line
      .replace(/^\$ /, '')
      .replace(/(^|\s)#.*$/, '')
      .trim(),
  );
  return commands.filter(Boolean).flatMap((command) => problemsOfCommand(command));
}

function problemsOfCommand(command: string): string[] {
  // Programs of others in a pipe are not checked.
  const ours = command.split(/\s[|<>]+\s/).find((part) => /^\s*np[mx]\s/.test(part));
  const words = (ours ?? command).trim().split(/\s+/);
  const [program, verb, ...rest] = words;
  if (program === 'npm' && (verb === 'test' || verb === 'start')) return problemsOfScript(verb, rest);
  if (program === 'npm' && verb === 'run') {
    const [script, ...args] = rest.filter((word) => word !== '--silent');
    return problemsOfScript(script ?? '', args);
  }
  if (program === 'npm' && verb === 'install')
    return rest.filter(isUnknownPackage).map((name) => `no package ${name}`);
  if (program === 'python' || program === 'torchrun') return problemsOfPython(words);
  if (program === 'npx' && programs.has(verb ?? '')) return problemsOfProgram(programs.get(verb!)!, rest);
  if (program === 'npx' && verb === 'changeset') return [];
  if (program === 'npx' && verb === '--yes' && rest[0] === rootManifest.packageManager) return [];
  return [`not a command that this test knows: ${command}`];
}

function isUnknownPackage(word: string): boolean {
  return !word.startsWith('-') && !knownPackages.has(word.replace(/(?!^)@[\d.^~]+$/, ''));
}

/** The Python scripts that `sluice-classify export-trainer` writes. */
const trainerFolder = join(root, 'apps/classify/trainer');

/** Checks that a Python script exists and knows its options. Options before the script are torchrun's. */
function problemsOfPython(words: readonly string[]): string[] {
  const position = words.findIndex((word) => word.endsWith('.py'));
  const script = join(trainerFolder, basename(words[position] ?? ''));
  if (position < 0 || !existsSync(script)) return [`no script of export-trainer in: ${words.join(' ')}`];
  const source = readFileSync(script, 'utf8');
  const options = words.slice(position + 1).filter((word) => word.startsWith('--'));
  return options
    .filter((option) => !source.includes(`"${option}"`))
    .map((option) => `${basename(script)} has no option ${option}`);
}

/** Checks a script of the root package.json; arguments after `--` go to its app. */
function problemsOfScript(name: string, words: string[]): string[] {
  const script = rootManifest.scripts?.[name];
  if (!script) return [`package.json has no script ${name}`];
  const args = words[0] === '--' ? words.slice(1) : words;
  const app = script.match(/run-app\.mjs (\S+)(.*)$/);
  if (!app) return args.map((word) => `npm run ${name} takes no arguments, yet ${word} was given`);
  const entry = [...programs.values()].find((path) => path.startsWith(join(root, 'apps', app[1]!)));
  if (!entry) return [`no app ${app[1]}`];
  return problemsOfProgram(entry, [...app[2]!.trim().split(' ').filter(Boolean), ...args]);
}

const helpTexts = new Map<string, string>();

/** The output of `--help`, or of `VERB --help`. */
function readHelp(entry: string, verb: string | undefined): string {
  const args = verb ? [verb, '--help'] : ['--help'];
  const key = [entry, ...args].join(' ');
  if (!helpTexts.has(key)) {
    if (!existsSync(entry)) throw new Error(`${entry} is not built`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8' });
    helpTexts.set(key, status === 0 ? stdout + stderr : '');
  }
  return helpTexts.get(key)!;
}

/** Checks that the verb and the options of a program occur in its help text. */
function problemsOfProgram(entry: string, words: string[]): string[] {
  const [first = ''] = words;
  // Neither an option nor a file.
  const verb = /^[\w-]*\w$/.test(first) && !first.startsWith('-') ? first : undefined;
  const help = readHelp(entry, verb);
  if (verb && !new RegExp(`\\b${verb}\\b`).test(readHelp(entry, undefined)))
    return [`${entry} has no command ${verb}`];
  const options = words
    .filter((word) => word.startsWith('--') && word !== '--')
    .map((word) => word.split('=')[0]!);
  const missing = options.filter((option) => !new RegExp(`${option}(?![\\w-])`).test(help));
  return missing.map((option) => `${[entry, verb].filter(Boolean).join(' ')} has no option ${option}`);
}

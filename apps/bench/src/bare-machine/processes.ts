import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';

/** Settings of the environment of a part. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Runs a program and passes its standard error on.
 *
 * @returns the program's standard output
 * @throws Error with the end of its standard error when it fails
 */
export async function outputOf(
  program: string,
  args: readonly string[],
  env: Environment = {},
): Promise<string> {
  const running = promisify(execFile)(program, args, {
    env: { ...process.env, ...env },
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  running.child.stderr?.pipe(process.stderr);
  try {
    return (await running).stdout;
  } catch (error) {
    const { code, signal, stderr } = error as { code?: number | string; signal?: string; stderr?: string };
    throw new Error(`it ended with ${signal ?? code}: ${stderr?.trim().slice(-2000)}`, { cause: error });
  }
}

/** Runs a program and returns the lines of its output that are JSON. */
export async function linesOf(
  program: string,
  args: readonly string[],
  env: Environment,
): Promise<unknown[]> {
  const lines = (await outputOf(program, args, env)).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

/** The same for a module of this folder, in this Node. */
export const linesOfModule = (name: string, args: readonly string[], env: Environment) =>
  linesOf(process.execPath, [fileURLToPath(new URL(`./${name}.js`, import.meta.url)), ...args], env);

const SOFTWARE = { SLUICE_SOFTWARE: 'yes' };

/**
 * Gives this process WebGPU. On a software adapter, which serves to try all this out, workgroup memory is not cleared: that
 * would take seconds per kernel to compile.
 */
export const setUp = (): Promise<void> =>
  setUpWebGPU({ flags: process.env.SLUICE_SOFTWARE ? ['enable-dawn-features=disable_workgroup_init'] : [] });

/** WebGPU's description of an adapter, and the environment in which it is found. */
export interface Adapter {
  readonly info: { readonly software: boolean };
  readonly env: Environment;
}

/**
 * Environments to try: the machine as it is set up, then manifests for NVIDIA's Vulkan driver, for containers that have its
 * libraries but no manifest. The one without a display comes first, since the other also needs the libraries of X11.
 */
function environments(): Environment[] {
  const paths = ['nvidia-egl.json', 'nvidia-glx.json'].map((name) =>
    fileURLToPath(new URL(`../${name}`, import.meta.url)),
  );
  return [{}, ...paths.filter((path) => existsSync(path)).map((path) => ({ VK_DRIVER_FILES: path }))];
}

/**
 * The adapter for all parts: a GPU, or else a software adapter.
 *
 * @throws Error with all failures when there is no adapter.
 */
export async function findAdapter(): Promise<Adapter> {
  const failures: string[] = [];
  let software: Adapter | undefined;
  for (const env of environments()) {
    try {
      const [info] = (await linesOfModule('gpu', [], env)) as Adapter['info'][];
      if (!info.software) return { info, env };
      software ??= { info, env: { ...env, ...SOFTWARE } };
    } catch (error) {
      failures.push(`${JSON.stringify(env)}: ${(error as Error).message}`);
    }
  }
  if (software) return software;
  throw new Error(`no adapter: ${failures.join('; ')}`);
}

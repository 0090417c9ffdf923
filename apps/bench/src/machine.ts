import { relaxedSimd, simd } from 'wasm-feature-detect';
import type { BackendName } from './backends.js';
import { inNode } from './environment.js';

/** What decides how fast something runs, and what can run at all. */
export interface Machine {
  /** `Node 22.1.0 (V8 12.4)`, `Chromium 142`. */
  readonly runtime: string;
  /** `linux x64`, `Android 14`. */
  readonly system: string;
  /** Where the runtime tells: browsers do not. */
  readonly processor?: string;
  readonly memoryGiB?: number;
  /** Logical cores that the runtime tells of. */
  readonly threads: number;
  /** Whether threads can share memory; in a browser, whether the page is cross-origin isolated. */
  readonly sharedMemory: boolean;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** The name of the adapter and whether it only pretends to be a GPU, or why there is none. */
  readonly webgpu: { readonly adapter: string; readonly software: boolean } | { readonly missing: string };
  /** Versions by name. */
  readonly libraries: Readonly<Record<string, string>>;
}

/** What the runtime's WebAssembly has. */
export async function wasmFeatures(): Promise<Pick<Machine, 'simd' | 'relaxedSimd' | 'sharedMemory'>> {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return {
    simd: await simd(),
    relaxedSimd: await relaxedSimd(),
    sharedMemory: typeof SharedArrayBuffer === 'function' && (inNode || crossOriginIsolated === true),
  };
}

export const NOT_ISOLATED =
  'This page is not cross-origin isolated, so there are no threads and the clock is coarse. Serve it with the headers ' +
  'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, as npm run bench:web does.';

/** Why a backend cannot run on a machine; absent when it can. */
export function whyNot(backend: BackendName, machine: Machine): string | undefined {
  const { simd, sharedMemory, webgpu } = machine;
  if (backend === 'cpu') return undefined;
  if (backend === 'webgpu') return 'missing' in webgpu ? webgpu.missing : undefined;
  if (!simd) return 'there is no WebAssembly SIMD here';
  if (backend !== 'wasm' && !sharedMemory) return 'threads need a page that is cross-origin isolated';
  return undefined;
}

export const coresText = (threads: number): string =>
  threads === 1 ? '1 logical core' : `${threads} logical cores`;

/** A machine in words, one fact a line. */
export function machineLines(machine: Machine): string[] {
  const { runtime, system, processor, threads, memoryGiB, libraries, webgpu } = machine;
  return [
    [processor, coresText(threads), memoryGiB && `${memoryGiB} GiB memory`].filter(Boolean).join(', '),
    `${runtime} on ${system}`,
    ...('adapter' in webgpu
      ? [`WebGPU on ${webgpu.adapter}${webgpu.software ? ', which is software' : ''}`]
      : []),
    Object.entries(libraries)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ];
}

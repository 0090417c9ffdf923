import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as buildWithEsbuild } from 'esbuild';
import { build as buildWithVite, type Rollup } from 'vite';
import { runIn } from './program.js';
import { root } from './workspace.js';

/** The files of a page. */
interface Built {
  readonly entry: string;
  /** The modules in each file, as paths from the root of the repository. */
  readonly modules: ReadonlyMap<string, readonly string[]>;
}

/** Each file says that it was loaded. */
const BANNER = 'globalThis.loaded?.push(import.meta.url);';

const fromRoot = (path: string): string => relative(root, resolve(import.meta.dirname, path));

/** The bundlers, each with its defaults for pages. They minify and split what is imported later into files of its own. */
export const bundlers: Readonly<Record<string, (page: string, outdir: string) => Promise<Built>>> = {
  async esbuild(page, outdir) {
    const { metafile } = await buildWithEsbuild({
      stdin: { contents: page, resolveDir: import.meta.dirname, sourcefile: 'page.js' },
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      external: ['node:*'],
      banner: { js: BANNER },
      absWorkingDir: import.meta.dirname,
      metafile: true,
      outdir,
    });
    const files = Object.entries(metafile.outputs).map(([path, { inputs, entryPoint }]) => {
      const used = Object.keys(inputs).filter((input) => inputs[input]!.bytesInOutput > 0);
      return { path: resolve(import.meta.dirname, path), modules: used.map(fromRoot), entryPoint };
    });
    const entry = files.find(({ entryPoint }) => entryPoint === 'page.js')!.path;
    return { entry, modules: new Map(files.map(({ path, modules }) => [path, modules])) };
  },
  async vite(page, outdir) {
    const path = join(import.meta.dirname, 'page.js');
    const source = {
      name: 'page',
      resolveId: (id: string) => (id === path ? id : undefined),
      load: (id: string) => (id === path ? page : undefined),
    };
    const output = { banner: BANNER, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' };
    const built = (await buildWithVite({
      root: import.meta.dirname,
      configFile: false,
      logLevel: 'error',
      plugins: [source],
      build: {
        outDir: outdir,
        target: 'esnext',
        modulePreload: false,
        rollupOptions: { input: path, output },
      },
    })) as Rollup.RollupOutput;
    const chunks = built.output.filter((file) => file.type === 'chunk');
    return {
      entry: join(outdir, chunks.find(({ isEntry }) => isEntry)!.fileName),
      modules: new Map(
        chunks.map(({ fileName, moduleIds }) => [join(outdir, fileName), moduleIds.map(fromRoot)]),
      ),
    };
  },
};

/** What a page loads until a file is read. */
export interface Loaded {
  /** The bytes of all loaded files, each compressed by gzip. */
  readonly bytes: number;
  readonly modules: readonly string[];
}

/**
 * Builds a page, runs it and calls its function `globalThis.read(file, sibling)`, if it has one.
 * @param page the source of the page's program.
 * @param path the file to read: `read` gets its bytes, and a function for the bytes of a file beside it.
 */
export async function loadPage(bundler: string, page: string, path: string): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  try {
    const { entry, modules } = await bundlers[bundler]!(page, folder);
    const program = `
      import { readFileSync } from 'node:fs';
      import { join } from 'node:path';
      globalThis.loaded = [];
      await import(${JSON.stringify(pathToFileURL(entry).href)});
      const read = (path) => new Uint8Array(readFileSync(path));
      const sibling = async (name) => read(join(${JSON.stringify(resolve(path, '..'))}, name));
      const model = await globalThis.read?.(read(${JSON.stringify(path)}), sibling);
      if (globalThis.read && !(model.layers.length > 0)) throw new Error('no layers were read');
      console.log(JSON.stringify(globalThis.loaded.map((url) => new URL(url).pathname)));`;
    const printed = await runIn(folder, process.execPath, ['--input-type=module', '-e', program]);
    const files: string[] = JSON.parse(printed);
    const sizes = files.map((file) => gzipSync(readFileSync(file, 'utf8').replace(BANNER, '')).length);
    return {
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      modules: files.flatMap((file) => modules.get(file)!),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

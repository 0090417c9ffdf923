import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { resultOf, serve, type startChromium } from '../../../../scripts/browser/open-page.mjs';

export type Browser = Awaited<ReturnType<typeof startChromium>>;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The strictest policy under which a page can compile WebAssembly. */
export const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

export interface Page {
  /** The page's script, a file of this folder; it puts the promise of a result into `globalThis.result`. */
  readonly script: string;
  /** The query of the page's address, with its question mark. */
  readonly query?: string;
  readonly policy: string;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Folders served beside the kernels, by path. */
  readonly folders?: Readonly<Record<string, string>>;
  /** How long the result may take. */
  readonly seconds?: number;
}

/**
 * Bundles a script, opens a page with nothing but it and returns the result that it promises.
 *
 * @throws Error with all that the page has complained about when there is none
 */
export async function resultOfPage(browser: Browser, page: Page): Promise<unknown> {
  const { outputFiles } = await build({
    entryPoints: [here(page.script)],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const site = await serve({
    // Where the script's `../../dist/kernels.wasm` leads to.
    folders: { ...page.folders, '/dist/': here('../../dist/') },
    files: {
      '/index.html': '<!doctype html><script type="module" src="/page.js"></script>',
      '/page.js': outputFiles[0].text,
    },
    headers: { ...page.headers, 'Content-Security-Policy': page.policy },
  });
  try {
    return await resultOf(browser, `${site.address}/${page.query ?? ''}`, page.seconds);
  } finally {
    site.close();
  }
}

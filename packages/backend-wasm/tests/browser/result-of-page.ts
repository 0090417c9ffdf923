import { fileURLToPath } from 'node:url';
import type { startChromium } from '../../../../scripts/browser/open-page.mjs';
import { resultOfScript, type ScriptPage } from '../../../../scripts/browser/script-page.mjs';

export type Browser = Awaited<ReturnType<typeof startChromium>>;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The strictest policy under which a page can compile WebAssembly. */
export const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

/**
 * The result of a page with a script of this folder, which can load the kernels.
 *
 * @throws Error with the page's errors and warnings if there is no result
 */
export function resultOfPage(browser: Browser, { script, folders, ...page }: ScriptPage): Promise<unknown> {
  return resultOfScript(browser, {
    ...page,
    script: here(script),
    // The script loads `../../dist/kernels.wasm`.
    folders: { ...folders, '/dist/': here('../../dist/') },
  });
}

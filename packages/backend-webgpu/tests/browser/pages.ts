import { join } from 'node:path';
import type { startChromium } from '../../../../scripts/browser/open-page.mjs';
import { resultOfScript, type ScriptPage } from '../../../../scripts/browser/script-page.mjs';

export type Browser = Awaited<ReturnType<typeof startChromium>>;

/** All that a page with WebGPU needs: its script. */
const strictPolicy = "default-src 'none'; script-src 'self'";

/**
 * The result of a page, under the strictest Content-Security-Policy, whose script is a file of this folder.
 *
 * @throws Error with all that the page has complained about when there is none
 */
export function resultOfPage(browser: Browser, page: Omit<ScriptPage, 'policy'>): Promise<unknown> {
  return resultOfScript(browser, {
    ...page,
    script: join(import.meta.dirname, page.script),
    policy: strictPolicy,
  });
}

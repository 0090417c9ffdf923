/**
 * Keeps a page's files in the browser, so that it works offline after the first visit.
 *
 * @param cache the name of the page's cache; pages of one server need different ones.
 */
export async function keepForOffline(cache: string): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  try {
    await navigator.serviceWorker.register(`./offline-worker.js?cache=${cache}`);
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
    active?.postMessage([location.href, ...loaded]);
  } catch {
    // Browsers refuse it in private windows. The page works all the same, while online.
  }
}

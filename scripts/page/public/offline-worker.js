// Answers the page's requests from what it has kept; what is new comes from the network and is kept.
// Each page registers it with the name of its own cache.
const NAME = new URL(self.location).searchParams.get('cache');

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** The page sends the addresses that it loaded before this worker ran. */
self.addEventListener('message', ({ data }) => {
  const own = data.filter((address) => new URL(address).origin === self.location.origin);
  caches.open(NAME).then((cache) => Promise.allSettled(own.map((address) => cache.add(address))));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(fromNetworkOrKept(request));
});

async function fromNetworkOrKept(request) {
  const cache = await caches.open(NAME);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept !== undefined) return kept;
    throw error;
  }
}

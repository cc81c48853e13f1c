// Keeps the page for when there is no network. What is on the server comes first: an older page never hides a newer one.
// Chunks have hashes in their names, so those that are kept are right.
const CACHE = 'toroid-studio';
/** Written by the build. */
const SHELL = [];

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim().then(forgetOldChunks)));

async function forgetOldChunks() {
  const cache = await caches.open(CACHE);
  const known = new Set(SHELL.map((path) => new URL(path, self.location).href));
  for (const { url } of await cache.keys()) if (url.includes('/chunks/') && !known.has(url)) await cache.delete(url);
}

self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  if (method !== 'GET' || !url.startsWith(new URL('./', self.location).href) || url.includes('/weights/')) return;
  event.respondWith(answer(event.request));
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept && request.url.includes('/chunks/')) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

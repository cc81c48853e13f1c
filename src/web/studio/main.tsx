import { render } from 'preact';
import { App } from './app';
import { startWorker } from './protocol';

const root = document.getElementById('studio');
if (root) {
  root.textContent = '';
  render(<App worker={startWorker()} />, root);
}

// Over plain http elsewhere, and in private windows of some browsers, there is none: the page works all the same.
void navigator.serviceWorker?.register(new URL('offline.js', location.href)).catch(() => {});

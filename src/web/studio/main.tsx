import { render } from 'preact';
import { App } from './app';
import { startWorker } from './protocol';

const root = document.getElementById('studio');
if (root) {
  root.textContent = '';
  render(<App worker={startWorker()} />, root);
}

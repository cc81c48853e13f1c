// The page's end of the worker that computes.
import type { Command, Event } from './protocol';

export interface WorkerClient {
  send(command: Command): void;
  /** One listener; pictures go to it as all other events do. */
  listen(handle: (event: Event) => void): void;
}

/** Starts the worker. What goes wrong in it outside of any command arrives as an error event. */
export function startWorker(): WorkerClient {
  const worker = new Worker(new URL('./engine.worker.js', import.meta.url), { type: 'module', name: 'toroid' });
  let handle: (event: Event) => void = () => {};
  worker.addEventListener('message', (e: MessageEvent<Event>) => handle(e.data));
  worker.addEventListener('error', (e) =>
    handle({ type: 'error', code: 'Error', text: e.message || 'the worker that computes could not be started' }),
  );
  return {
    send: (command) => worker.postMessage(command),
    listen: (listener) => {
      handle = listener;
    },
  };
}

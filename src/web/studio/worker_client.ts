// The page's end of the worker that computes.
import type { Command, Event } from './protocol';

export interface WorkerClient {
  send(order: Command): void;
  /** One listener; pictures go to it as all other news do. */
  listen(hear: (news: Event) => void): void;
}

/** Starts the worker. What goes wrong in it outside of any order is told as an error. */
export function startWorker(): WorkerClient {
  const worker = new Worker(new URL('./engine.worker.js', import.meta.url), { type: 'module', name: 'toroid' });
  let hear: (news: Event) => void = () => {};
  worker.addEventListener('message', (e: MessageEvent<Event>) => hear(e.data));
  worker.addEventListener('error', (e) =>
    hear({ is: 'error', code: 'Error', text: e.message || 'the worker that computes could not be started' }),
  );
  return {
    send: (order) => worker.postMessage(order),
    listen: (listener) => {
      hear = listener;
    },
  };
}

import { StudioEngine } from './engine';
import type { Command } from './protocol';

/** A worker's own scope: the types at hand are those of pages. */
const scope = globalThis as unknown as {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', handle: (e: MessageEvent<Command>) => void): void;
};
const engine = new StudioEngine((event, transfer = []) => scope.postMessage(event, transfer));
scope.addEventListener('message', (e) => void engine.handle(e.data));

import type { Device } from '../../src/gpu/device';
import { open } from '../../src/gpu/open.node';

let opened: Promise<Device> | undefined;

/** The one device all tests of a process share. */
export function device(): Promise<Device> {
  opened ??= open();
  return opened;
}

/** Called by the runner when all tests are done. */
export async function release(): Promise<void> {
  (await opened)?.close();
  opened = undefined;
}

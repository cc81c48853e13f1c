// In a page, test/support/device is this: see bundle.ts.
import type { Device } from '../../../src/gpu/device';
import { open } from '../../../src/gpu/open.browser';

let opened: Promise<Device> | undefined;

/** The one device that all tests of a page share. */
export function device(): Promise<Device> {
  opened ??= open();
  return opened;
}

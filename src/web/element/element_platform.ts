import type { Nets, Platform } from '../../app/platform';
import { EngineError } from '../../base/errors';
import type { Device } from '../../gpu/device';
import { open } from '../../gpu/open.browser';
import type { PictureSource } from '../api/read';
import { webPlatform } from '../platform';

const noNet = (what: string): EngineError =>
  new EngineError(
    'RecipeError',
    `${what} looks through a network, which this element has none of`,
    'Use the function run() for it.',
  );

const nets: Nets = {
  first: () => undefined,
  check: (name) => {
    throw noNet(`a recipe with the network ${name}`);
  },
  load: (name) => Promise.reject(noNet(`a recipe with the network ${name}`)),
  none: noNet,
};

/** A page's platform for one run of an element, on the device that all elements share. */
export function elementPlatform(): Platform<PictureSource> {
  let release: (() => void) | undefined;
  return {
    ...webPlatform(),
    nets,
    openDevice: async () => {
      const borrowed = await borrowDevice();
      release = borrowed.release;
      return borrowed.device;
    },
    closeDevice: () => release?.(),
  };
}

let opened: Promise<Device> | undefined;
let users = 0;

/** A device, and what gives it back: with the last user it is closed. One that was lost is opened anew. */
export async function borrowDevice(): Promise<{ readonly device: Device; release(): void }> {
  users++;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    if (--users > 0) return;
    const last = opened;
    opened = undefined;
    last?.then((d) => d.close()).catch(() => {});
  };
  opened ??= openOnce();
  try {
    const device = await opened;
    const leave = (): void => {
      release();
      if (device.lost) device.close();
    };
    return { device, release: leave };
  } catch (error) {
    opened = undefined;
    release();
    throw error;
  }
}

async function openOnce(): Promise<Device> {
  const device = await open();
  const own = device;
  void device.gpu.lost.then(() => {
    // Whoever asks next gets another; those who have this one are told by their runs.
    void opened?.then((d) => {
      if (d === own) opened = undefined;
    });
  });
  return device;
}

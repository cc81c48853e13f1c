import type { Nets, Platform } from '../../app/platform';
import { EngineError } from '../../base/errors';
import type { PictureSource } from '../api/read';
import { webPlatform } from '../platform';
import { borrowDevice } from './shared_device';

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

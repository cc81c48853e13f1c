// What the library, the element and the studio need of a page.
import type { Files, Nets, Platform } from '../app/platform';
import { fileName } from '../app/record';
import { EngineError } from '../base/errors';
import { open } from '../gpu/open.browser';
import { TuneTable } from '../gpu/tune_cache.browser';
import { type PictureSource, readSource } from './api/read';
import { download } from './download';

/** Pages bring their networks as objects. */
const nets: Nets = {
  first: () => undefined,
  check: (name) => {
    throw notGiven(name);
  },
  load: (name) => Promise.reject(notGiven(name)),
  none: () => notGiven('of your choice'),
};

const notGiven = (name: string): EngineError =>
  new EngineError(
    'WeightsError',
    `the recipe looks through the network ${name}, and none was given`,
    'Load one: net: await loadNet("vgg19.onnx"), from an address or a file.',
  );

/** Hands a file to the person. */
const keep: Files['keepFile'] = async (path, bytes) => download(new Blob([bytes]), fileName(path));

/** @param keepFile what becomes of files. Default: they are downloaded. */
export function webPlatform(keepFile: Files['keepFile'] = keep): Platform<PictureSource> {
  return {
    openDevice: open,
    readPicture: readSource,
    writePicture: async (path, raster, { bits = 8, metadata = {} } = {}) => {
      const { encodePng } = await import('../base/png');
      return keepFile(path, await encodePng(raster, { bits, text: metadata }));
    },
    keepFile,
    inputPath: fileName,
    nets,
    tuneStore: () => new TuneTable(),
  };
}

// Outputs that need nothing but a place to put files: every platform has them.
import type { Bits } from '../base/pixels';
import { repeat } from '../base/raster';
import type { StageResult } from '../recipes/events';
import { recordText } from '../recipes/picture_record';
import type { Output } from './output';

/** The picture itself, with its record inside. */
export const pictureOutput = (path: string, { bits = 8 }: { readonly bits?: Bits } = {}): Output => ({
  kind: 'file',
  finish: async ({ raster, recipe }, job) => {
    const metadata = recordText(job.record(path, recipe));
    await job.files.writePicture(path, raster, { bits, metadata, onWarning: job.warn });
    return path;
  },
});

/** `out/stone.png` to `out/stone.3x3.png` */
export function previewName(path: string, [nx, ny]: readonly [number, number]): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  const name = path.slice(cut).replace(/(?<=.)\.[^.]*$/, '');
  return `${path.slice(0, cut)}${name}.${nx}x${ny}.png`;
}

/** The tile repeated, to look at its joins; named after the picture. */
export const previewOutput = (path: string, times: readonly [number, number]): Output => ({
  kind: 'preview',
  finish: async ({ raster }, { files }) => {
    const name = previewName(path, times);
    await files.writePicture(name, repeat(raster, ...times));
    return name;
  },
});

export function stageFileName(folder: string, { stage, name, width, height }: StageResult): string {
  return `${folder.replace(/[\\/]+$/, '')}/stage-${stage + 1}-${name.replaceAll(/[^\w-]+/g, '-')}-${width}x${height}.png`;
}

/** The picture after each stage. */
export function stagesOutput(folder: string): Output {
  const saved: string[] = [];
  let files: Parameters<NonNullable<Output['begin']>>[0]['files'] | undefined;
  return {
    kind: 'saved',
    begin: (job) => {
      files = job.files;
    },
    onStage: async (s) => {
      const name = stageFileName(folder, s);
      await files?.writePicture(name, s.raster);
      saved.push(name);
    },
    finish: () => saved,
  };
}

import type { Output } from '../app/output';
import type { Bits } from '../base/pixels';
import { recordText } from '../recipes/picture_record';
import { type Animation, openAnimation } from './animation';
import { savedFrames } from './checkpoint_files';

export interface FilmOptions {
  readonly fps: number;
  readonly bits: Bits;
  /** Where the frames are that were done before the run was resumed. */
  readonly checkpoint?: string | undefined;
}

/** The frames of a zoom: .gif, .webp, or a folder of numbered pictures. */
export function filmOutput(path: string, { fps, bits, checkpoint }: FilmOptions): Output {
  let film: Animation | undefined;
  return {
    kind: 'frames',
    begin: async (job) => {
      film = openAnimation(path, { fps, bits, metadata: recordText(job.record(path)), onWarning: job.warn });
      if (!job.resume || checkpoint === undefined) return;
      for await (const frame of savedFrames(checkpoint, job.resume.frame)) await film.add(frame);
    },
    onFrame: async ({ raster }) => film?.add(raster),
    finish: () => film?.finish(),
  };
}

// Grows a texture and draws it while it grows, onto a canvas that the page has handed over.
import { repeat, texture, toPixels } from '../../dist/web/toroid.js';

const stop = new AbortController();

/** A raster is planes of floats; a canvas wants pixels of four bytes. */
function draw(canvas, raster) {
  const { width, height, data } = toPixels(repeat(raster, 2, 2));
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(new ImageData(data, width, height), 0, 0);
}

self.onmessage = async ({ data: { start, stop: enough } }) => {
  if (enough) stop.abort();
  if (!start) return;
  const { canvas, picture, size } = start;
  let shown = 0;
  try {
    const made = await texture(picture, {
      size,
      steps: 40,
      stop: stop.signal, // ends early, with the picture as it is; `signal` would throw it away
      wantsPicture: () => performance.now() - shown > 250, // reading it back takes time: not after every step
      onPicture: ({ raster }) => {
        shown = performance.now();
        draw(canvas, raster);
      },
      onProgress: ({ stage, stages, step, steps }) =>
        postMessage({ progress: `Size ${stage + 1} of ${stages}, step ${step} of ${steps}` }),
    });
    draw(canvas, made.raster);
    postMessage({ png: await made.toBlob() });
  } catch (error) {
    postMessage({ error: error.message });
  }
};

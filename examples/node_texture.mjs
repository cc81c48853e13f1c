// Grows a seamless tile from a picture, in Node.
//   node examples/node_texture.mjs stone.jpg tile.png
import './any_adapter.mjs';
import { EngineError, texture } from 'toroid';

const [from = 'examples/pebbles.png', to = 'tile.png'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort()); // Ctrl-C: keep what there is by then

try {
  const picture = await texture(from, {
    size: Number(process.env.SIZE ?? 128),
    steps: Number(process.env.STEPS ?? 60), // at each size; without steps, pieces of the picture are copied, in seconds
    seed: 7, // the same seed, on the same GPU, gives the same bytes
    stop: stop.signal,
    onNotice: (text) => console.error(text),
    onProgress: ({ stage, stages, step, steps, loss }) =>
      console.error(`size ${stage + 1} of ${stages}, step ${step} of ${steps}: loss ${loss.toFixed(5)}`),
  });
  await picture.save(to); // the recipe is inside: `toroid run tile.png` makes it again
  console.log(`${to}: ${picture.width}x${picture.height}`);
} catch (error) {
  // Every error has a stable code, and a message that ends with what to do.
  if (!(error instanceof EngineError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}

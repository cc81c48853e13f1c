// A run that pauses, goes back, and goes on with other weights: what the studio is made of.
//   node examples/session.mjs
import { writeFile } from 'node:fs/promises';
import './any_adapter.mjs';
import { builtinRecipe, encodePng, fillRecipe, open, readPicture, Session } from 'toroid';

const device = await open();
const style = await readPicture('examples/pebbles.png');
const recipe = fillRecipe({ ...builtinRecipe('texture'), size: 48, seed: 1 });

let begun;
let ended;
const running = new Promise((resolve) => {
  begun = resolve;
});
const done = new Promise((resolve, reject) => {
  ended = { resolve, reject };
});
const session = new Session(device, recipe, new Map([['style', style]]), {
  onProgress: () => begun(),
  onDone: ({ raster }) => ended.resolve(raster),
  onError: (error) => ended.reject(error),
});
session.resume();
await running;
await session.pause(); // at the end of the batch of steps under way, with nothing lost
const [first] = session.snapshots;
console.log(`paused in stage ${first.stage} at step ${first.step}`);
await writeFile('paused.png', await encodePng(await session.picture(first)));

// Other weights from here on. What the canvas is shaped by (size, tiling, colours) stays.
const stages = session.recipe.stages.map((s) => ({ ...s, steps: 20 }));
await session.change({ ...session.recipe, stages });
await session.back(first.id); // any snapshot that is kept; session.later has those after it, until the run goes on
session.resume();
await writeFile('done.png', await encodePng(await done));
console.log('done.png: 48x48');
await session.close();
device.close();

import { Copying } from '../src/copy/copy';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { readPicture } from '../src/node/picture';
import { writePicture } from '../src/node/picture_write';

const [, , file, out, size = '512', seed = '1'] = process.argv;
const code = await ensureAdapter(async () => (await findAdapter()) !== null);
if (code !== null) process.exit(code);
const device = await open();
const e = await readPicture(file as string, {});
const t = performance.now();
const c = new Copying(device, [{ picture: e }], {
  size: [Number(size), Number(size)],
  seed: Number(seed),
  variety: Number(process.env.VARIETY ?? 0),
  evenness: Number(process.env.EVEN ?? 1),
});
const t1 = performance.now();
const m = await c.run();
const t2 = performance.now();
const r = c.render(m);
console.log((t1 - t).toFixed(0), (t2 - t1).toFixed(0), (performance.now() - t2).toFixed(0));
console.log(device.name, (performance.now() - t).toFixed(0), 'ms');
await writePicture(out as string, r.raster);
device.close();

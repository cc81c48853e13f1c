// Several devices in one process, each taking the next job as soon as it is free.
//   node examples/devices.mjs "RTX 4090" "A770"      parts of names that `toroid doctor` prints; default: one GPU, twice
import './any_adapter.mjs';
import { open, texture } from 'toroid';

const names = process.argv.slice(2);
const devices = await Promise.all((names.length > 0 ? names : [undefined, undefined]).map((gpu) => open({ gpu })));
const steps = Number(process.env.STEPS ?? 6);
const jobs = Array.from({ length: 4 }, (_, seed) => seed);

const tiles = [];
await Promise.all(
  devices.map(async (device, k) => {
    for (let seed = jobs.shift(); seed !== undefined; seed = jobs.shift()) {
      const picture = await texture('examples/pebbles.png', { size: 64, steps, seed, device });
      tiles.push(picture);
      console.log(`device ${k + 1}, ${device.name}: seed ${seed}`);
    }
  }),
);
console.log(`${tiles.length} tiles; still on the GPUs: ${devices.map((d) => d.held.bytes).join(' and ')} bytes`);
for (const device of devices) device.close();

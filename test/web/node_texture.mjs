// Grows a texture by the library in Node, for comparison with a page:
//   node test/web/node_texture.mjs <dist folder> <exemplar.png> <out.png> '<options as JSON>'
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, exemplar, out, options] = process.argv.slice(2);
const { ensureAdapter, findAdapter, open, texture } = await import(pathToFileURL(resolve(dist, 'index.js')).href);
const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere); // a process with the wanted driver has done it
const device = await open();
const picture = await texture(exemplar, { ...JSON.parse(options), device });
await picture.save(out);
console.log(device.name);
device.close();

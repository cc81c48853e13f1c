// What `import 'toroid'` gives in a page or a worker. Three levels, the same names in Node (index.node.ts):
//
//   1. One call: from a picture to a seamless tile.
//        const picture = await texture(file, { size: 256, seed: 1, onProgress, signal });
//        document.body.append(picture.toCanvas());             // toImageData(), toBlob(): a PNG with the recipe inside
//      `file`: Blob/File, URL, ImageBitmap, ImageData, canvas, image, video frame, bytes, Raster.
//
//   2. Recipes: anything that docs/recipes.md describes, or what a PNG has inside.
//        await run('seamless', { content: file }, { onWarning: console.warn });
//        await run(await readRecord(pngFile), { style: file });
//        await run('style', { content, style }, { net: await loadNet('vgg19.onnx', { onProgress }) });
//
//   3. The engine. `open()` gives a Device (level 1 and 2 take it as `device`, and leave it open), or takes a GPUDevice of
//      yours, which it gives back as it was; `close()` frees everything, and `device.held` counts what is not freed yet.
//        const device = await open({ device: myGpuDevice });
//        const g = new Graph();
//        const plan = await Plan.compile(device, g, [gram(g, g.input([3, 64, 64], 'x'))]);
//      Session (recipes/session.ts) is a run that pauses, goes back and changes on the way; runRecipe(device, recipe,
//      Map of rasters, options) one on a device of yours without pictures to decode.
//
// `signal` gives a call up: it throws the signal's reason, an AbortError, and frees what it held. `stop` ends it early and
// gives the picture as it is. Errors are EngineErrors with a stable `code`, one remedy in `hint`.
export { type OpenOptions, open } from './gpu/open.browser';
export { TuneTable } from './gpu/tune_cache.browser';
export * from './index.shared';
export { material, readPicture, run, seal, texture } from './web/api/calls';
export { type LoadNetOptions, loadNet } from './web/api/net';
export { WebPicture, WebSealedPicture } from './web/api/picture';
export { type PictureSource, readRecord, readSource } from './web/api/read';

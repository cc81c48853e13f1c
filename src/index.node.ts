// What `import 'toroid'` gives in Node. Three levels, the same names in a page (index.browser.ts):
//
//   1. One call:    const picture = await texture('stone.jpg', { size: 256, seed: 1, signal });
//                   await picture.save('tile.png');
//   2. Recipes:     await run('seamless', { content: 'photo.jpg' });  await run(await readRecord('tile.png'), { style });
//   3. The engine:  const device = await open();  Graph, the ops, Plan;  device.close();

export { type Remote, type RemoteCall, RemotePicture, remote } from './fleet/remote';
export { findAdapter, type OpenOptions, open } from './gpu/open.node';
export { ensureAdapter } from './gpu/swiftshader.node';
export { TuneFile } from './gpu/tune_cache.node';
export * from './index.shared';
export {
  material,
  NodeMaterial,
  NodePicture,
  NodeSealedPicture,
  readPicture,
  readRecord,
  run,
  seal,
  texture,
} from './node/api';
export { type PictureSource, readSource } from './node/platform';
export { loadNet } from './node/weights/find';
// Judging takes seconds, and 6 kB that pages need not load.
export { type FeatureScore, featureScores } from './recipes/scores/feature_distance';
export { type PatchScore, type StructureScore, structureScore } from './recipes/scores/structure';
export { type StructureLine, type StructureVerdict, structureLines } from './recipes/scores/structure_verdicts';

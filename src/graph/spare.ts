// How to take less memory than a graph would like: canvases cut in blocks.
export { countOf, layouts } from './tiling/layout';
export { outline } from './tiling/outline';
export { split } from './tiling/split';

// How to take less memory than a graph would like: canvases cut in blocks.
export { countOf, layouts } from './blocks/layout';
export { outline } from './blocks/outline';
export { split } from './blocks/split';

import type { Recipe } from '../recipe';
import { lossBlocks } from './losses';
import { optimiserBlocks } from './optimisers';
import { viewBlocks } from './views';

/** Fetches, in a page, what the blocks of a recipe need; in Node it is there. */
export async function loadBlocks({ stages, views }: Pick<Recipe, 'stages' | 'views'>): Promise<void> {
  const kinds = new Set(
    stages.flatMap((s) => [s.optimizer, ...s.losses, ...(s.views ?? views)]).map((settings) => settings.kind as string),
  );
  const blocks = [...lossBlocks, ...viewBlocks, ...optimiserBlocks].filter((b) => kinds.has(b.kind));
  await Promise.all(blocks.map((b) => b.part?.load()));
}

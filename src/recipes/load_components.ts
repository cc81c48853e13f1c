import { more } from './later';
import { lossComponents } from './losses';
import { optimiserComponents } from './optimisers';
import type { Recipe } from './recipe';
import { viewComponents } from './views';

/** Seeds whose painting comes later: by their names in an expression. */
const laterSeeds = /\b(?:spectrum|phase)\b/;

/** Fetches, in a page, what the blocks of a recipe need; in Node it is there. */
export async function loadComponents({
  canvas,
  stages,
  views,
}: Pick<Recipe, 'canvas' | 'stages' | 'views'>): Promise<void> {
  const kinds = new Set(
    stages.flatMap((s) => [s.optimizer, ...s.losses, ...(s.views ?? views)]).map((settings) => settings.kind as string),
  );
  const blocks = [...lossComponents, ...viewComponents, ...optimiserComponents].filter((b) => kinds.has(b.kind));
  const parts = blocks.map((b) => b.part?.load());
  await Promise.all([...parts, ...(laterSeeds.test(canvas) ? [more.load()] : [])]);
}

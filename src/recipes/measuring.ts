// What times kernels and stages is much code, which few need: it comes when it is called.
import type * as roof from '../gpu/roof';
import type * as profile from './profile_stage';
import type * as tune from './tune_recipe';

/** Measures what an adapter does at most, to compare with. See `gpu/roof.ts`. */
export const measureRoof: typeof roof.measureRoof = async (...given) =>
  (await import('../gpu/roof')).measureRoof(...given);

/** Profiles a stage of a recipe: the very plan that a run would replay. See `profile_stage.ts`. */
export const profileStage: typeof profile.profileStage = async (...given) =>
  (await import('./profile_stage')).profileStage(...given);

/** Tunes the kernels of a recipe, stage after stage. See `tune_recipe.ts`. */
export const tuneRecipe: typeof tune.tuneRecipe = async (...given) =>
  (await import('./tune_recipe')).tuneRecipe(...given);

import { checkValues } from '../base/known_options';
import { openDevice } from '../gpu/device';

// What pages seldom call: the code comes with the first call.

/** See `encodePng` of base/png.ts. */
export const encodePng: typeof import('../base/png').encodePng = async (...args) =>
  (await import('../base/png')).encodePng(...args);

/** See `measureRoofline` of gpu/roofline.ts. */
export const measureRoofline: typeof import('../gpu/roofline').measureRoofline = async (...args) =>
  checkValues('measureRoofline', { device: args[0] }, { device: openDevice }) &&
  (await import('../gpu/roofline')).measureRoofline(...args);

/** See `profile` of graph/profile.ts. */
export const profile: typeof import('../graph/profile').profile = async (...args) =>
  (await import('../graph/profile')).profile(...args);

/** See `profileStage` of recipes/profile_stage.ts. */
export const profileStage: typeof import('../recipes/profile_stage').profileStage = async (...args) =>
  (await import('../recipes/profile_stage')).profileStage(...args);

/** See `tuneRecipe` of recipes/tune_recipe.ts. */
export const tuneRecipe: typeof import('../recipes/tune_recipe').tuneRecipe = async (...args) =>
  (await import('../recipes/tune_recipe')).tuneRecipe(...args);

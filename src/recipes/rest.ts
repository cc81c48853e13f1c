// What a plain texture has no use for, in one piece: more pieces would share more, and so come in many files.
export { measureRoof } from '../gpu/roof';
export { thrifty } from '../graph/recompute';
export * from '../graph/spare';
export * from './blocks/more';
export { profileStage } from './profile_stage';
export { tuneRecipe } from './tune_recipe';

// What a plain texture has no use for, in one piece: more pieces would share more, and so come in many files.
export { measureRoofline } from '../gpu/roofline';
export { rematerialize } from '../graph/rematerialize';
export * from '../graph/spare';
export * from './more';
export { profileStage } from './profile_stage';
export { tuneRecipe } from './tune_recipe';

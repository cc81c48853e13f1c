// Writes the references: `npm run docs`. test/docs.test.ts fails when they are stale.
import { writeFileSync } from 'node:fs';
import { opReference } from './op_reference';
import { recipeReference } from './recipe_reference';

writeFileSync('docs/recipe-reference.md', recipeReference());
writeFileSync('docs/ops.md', await opReference());

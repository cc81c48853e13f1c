import { ALL } from '../support/all';
import { testOps } from '../support/ops';

await testOps(2, ALL);

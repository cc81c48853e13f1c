import { testOps } from '../support/ops';

await testOps(4);

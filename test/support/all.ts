import { needs, type Test } from './needs';

/** Whether tests run at full length: long soaks, all fuzzing, every picture (`npm run test:all`). */
export const ALL = process.env.TOROID_TEST_ALL === '1';

/** `test` where tests run at full length: for what takes seconds of processor and is looked at in short elsewhere. */
export const long = (test: Test): Test => needs(test, ALL, 'long, see npm run test:all');

/** Whether tests run at full length: long soaks, all fuzzing, every picture (`npm run test:all`). */
export const ALL = process.env.TOROID_TEST_ALL === '1';

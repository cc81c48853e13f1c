// zod, without the code that it makes at run time by `new Function`: strict pages forbid that, and report even the attempt.
// It is a setting of all schemas that are made later, a page's own among them; hence no other file imports zod.
import { config } from 'zod';

config({ jitless: true });

export * from 'zod';

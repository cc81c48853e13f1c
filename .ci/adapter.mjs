// Prints the adapter a bare Dawn finds, or nothing.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const instance = create([]);
const adapter = await instance.requestAdapter();
if (adapter) console.log(adapter.info.device || adapter.info.description);
process.exit(0);

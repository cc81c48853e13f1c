// Lets the examples run on any machine: where there is neither a GPU nor a Vulkan driver, this runs the same script once
// more in a process that sees SwiftShader, a software driver (npm install @sparticuz/chromium). Servers with a GPU
// need nothing of this.
import { ensureAdapter, findAdapter } from 'toroid';

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);

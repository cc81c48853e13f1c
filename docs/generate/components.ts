// Writes the index.ts of losses, views and optimisers: what is bundled after that knows of new files.
import { writeFileSync } from 'node:fs';
import { componentFolders, componentIndex, folderOf } from './component_index';

for (const folder of componentFolders) writeFileSync(`${folderOf(folder)}/index.ts`, componentIndex(folder));

// Writes the lists of losses, views, optimisers, recipes and commands: what is bundled after that knows of new files.
import { writeFileSync } from 'node:fs';
import { componentFolders, componentIndex, folderOf } from './component_index';
import { orderedLists } from './ordered_lists';

for (const folder of componentFolders) writeFileSync(`${folderOf(folder)}/index.ts`, componentIndex(folder));
for (const [path, text] of orderedLists()) writeFileSync(path, text);

// `npm run lint`: types, lint, format.
import { installPackages, run } from './install.mjs';

installPackages();
run(process.execPath, ['.build/rule-index.mjs', '--check']);
for (const words of [['tsc', '-p', '.'], ['oxlint'], ['prettier', '--check', '.']]) run('npx', words);

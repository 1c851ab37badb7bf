// `npm run lint`: types, lint, format.
import { installPackages, run } from './install.mjs';

installPackages();
for (const words of [['tsc', '-p', '.'], ['oxlint'], ['prettier', '--check', '.']]) run('npx', words);

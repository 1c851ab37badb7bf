// `npm run lint`: types, lint, format, unused code.
import { installPackages, run } from './install.mjs';

installPackages();
run(process.execPath, ['.build/rule-index.mjs', '--check']);
for (const words of [['tsc', '-p', '.'], ['oxlint'], ['prettier', '--check', '.'], ['knip']])
  run('npx', words);

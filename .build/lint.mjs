// `npm run lint`: types, lint, format, unused code, package.
import { installPackages, run } from './install.mjs';

installPackages();
run('npx', ['tsc', '-p', '.']);
run('npx', ['oxlint']);
run('npx', ['prettier', '--check', '.']);

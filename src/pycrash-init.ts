#!/usr/bin/env node
import { main } from './cli.ts';

await main('pycrash-init', process.argv.slice(2));

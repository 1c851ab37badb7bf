#!/usr/bin/env node
import { main } from './cli.ts';

await main('pycrash', process.argv.slice(2));

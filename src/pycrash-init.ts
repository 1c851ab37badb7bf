#!/usr/bin/env node
import { main } from './cli.ts';

void main('pycrash-init', process.argv.slice(2));

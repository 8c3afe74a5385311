// Runs the walks, several files at once, each against a demo of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const files = process.argv.length > 2 ? process.argv.slice(2) : readdirSync('.').filter((name) => name.endsWith('.test.mjs')).sort();
const result = spawnSync(process.execPath, ['--test', '--test-concurrency=3', '--test-reporter=spec', ...files], { stdio: 'inherit' });
process.exit(result.status ?? 1);

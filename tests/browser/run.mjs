// Starts the demo once, runs all walks against it, stops it, and tells whether it ended well.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { startDemo } from './support/demo.mjs';

const demo = await startDemo();
const files = process.argv.length > 2 ? process.argv.slice(2) : readdirSync('.').filter((name) => name.endsWith('.test.mjs')).sort();
const result = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files], {
  stdio: 'inherit',
  env: { ...process.env, SCHOOLBELL_DEMO_URL: demo.url, SCHOOLBELL_DEMO_FOLDER: demo.folder },
});
const code = await demo.stop();
if (code !== 0) console.error(`the demo ended with ${code}`);
process.exit(result.status === 0 && code === 0 ? 0 : 1);

// What sanitizers report of any process that a test started, at whatever depth and however it ended. In other builds there is nothing.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'loquat-sanitizers-'));
for (const name of ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS'])
  process.env[name] = `${process.env[name] || ''}:log_path=${folder}/report`;

process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

// Prints all reports. Returns how many there are.
function reports() {
  const files = fs.readdirSync(folder);
  for (const f of files)
    console.error(`${f}:\n${fs.readFileSync(path.join(folder, f), 'utf8')}`);
  return files.length;
}

module.exports = { reports };

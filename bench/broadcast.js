// Live broadcast for longer than `make check` has time: 60 s through each outlet, an outage of 10 s, 20 s with half of the rate that the media needs, and ten kills of
// each kind of recording; and the memory of five minutes of recording, after the first and at the end.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { start, run, top } = require('../tests/tools/harness.js');
const { file, profile } = require('../tests/live/live.js');

const MINUTES = Number(process.env.LIVE_MINUTES || 5);
const resident = (pid) => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

(async () => {
  console.log(`host: ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}`);
  for (const name of ['test_outlets.js', 'test_outlet_trouble.js']) {
    const r = run('node', [path.join(top, 'tests/live', name)], { env: { ...process.env, LIVE_SECONDS: '60' }, timeout: 1800000 });
    console.log(`${name}, 60 s each: ${r.out.split('\n').filter((l) => /^not ok|passed,/.test(l)).join('; ')}`);
  }
  const p = start('loquat', ['run', profile('transport.hls', { url: file('show.m3u8'), window: 6 }), '--seconds', String(60 * MINUTES + 5)]);
  await wait(60000);
  const early = resident(p.pid);
  await wait(60000 * (MINUTES - 1));
  console.log(`${MINUTES} minutes of HLS: ${early} KiB after one, ${resident(p.pid)} KiB at the end`);
  await p.ended;
})();

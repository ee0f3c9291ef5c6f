// Latency and joining of a call between two native participants on loopback, with the host's load.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { dir, run } = require('../tests/tools/harness.js');

const JOINS = 10;

function demo(name, seconds) {
  const out = path.join(dir, name);
  const r = run('loquat', ['demo', '--headless', '--seconds', String(seconds), '--out', out]);
  if (r.status !== 0)
    throw new Error(r.out + r.err);
  return Object.values(JSON.parse(fs.readFileSync(path.join(out, 'stats.json'), 'utf8')).participants);
}

const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const load = () => os.loadavg()[0].toFixed(2);

console.log(`host: ${os.cpus().length} cores, load ${load()}`);
for (const p of demo('latency', 30))
  console.log(`capture to render, 640x360@30: p50 ${p.latency_ms.p50} ms (bar 45), p95 ${p.latency_ms.p95} ms (bar 70), skew ${p.av_skew_ms} ms, ` +
    `${p.video.framesPerSecond} fps, ${p.video.freezeCount} freezes, load ${load()}`);

const first = [], joined = [];
for (let i = 0; i < JOINS; i++) {
  const [, bob] = demo(`join${i}`, 3);
  first.push(bob.first_video_frame_ms);
  joined.push(bob.join_ms);
}
console.log(`joining, median of ${JOINS}: joined ${median(joined)} ms, first decoded picture ${median(first)} ms (bar 300), all: ${first.join(' ')}, load ${load()}`);

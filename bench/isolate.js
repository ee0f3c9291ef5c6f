// What isolation costs a node: the same graph with the node here and in a helper process, in turns, in one run. 1280x720, 30 frames a second.
'use strict';
const os = require('node:os');
const path = require('node:path');
const { build, run } = require('../tests/tools/harness.js');

const ROUNDS = 3, FRAMES = 210, FPS = 30;
const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];

function measure(node, isolate) {
  const r = run(path.join(build, 'bench/isolate_cost'), [node, String(isolate), String(FRAMES), String(FPS)]);
  if (r.status !== 0)
    throw new Error(`isolate_cost ${node} ${isolate}: ${r.out}${r.err}`);
  return JSON.parse(r.out);
}

console.log(`host: ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}; median of ${ROUNDS} rounds of ${FRAMES} frames; microseconds a frame`);
for (const [what, node] of [['raw frames through a filter (filter.scale to 640x360)', 'filter.scale'], ['raw frames into an encoder (codec.h264.enc)', 'codec.h264.enc']]) {
  const here = [], there = [];
  for (let i = 0; i < ROUNDS; i++) {
    here.push(measure(node, 0));
    there.push(measure(node, 1));
  }
  const of = (list, key) => median(list.map((m) => m[key]));
  const pair = (key) => `${of(here, key).toFixed(0)} -> ${of(there, key).toFixed(0)} (+${(of(there, key) - of(here, key)).toFixed(0)})`;
  console.log(`${what}: latency p50 ${pair('p50')}, p95 ${pair('p95')}, p99 ${pair('p99')}; processor ${pair('cpu')}; ` +
    `lost ${here.reduce((n, m) => n + m.lost, 0)} -> ${there.reduce((n, m) => n + m.lost, 0)}; load ${os.loadavg()[0].toFixed(2)}`);
}

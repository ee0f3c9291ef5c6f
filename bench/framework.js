// The cost of the graph itself, in nanoseconds a buffer and link, beside GStreamer's in the same run.
'use strict';
const os = require('node:os');
const path = require('node:path');
const { build, run } = require('../tests/tools/harness.js');

const ROUNDS = 5, BUFFERS = 300000, FILTERS = 10;
const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const load = () => os.loadavg()[0].toFixed(2);
const gst = run('sh', ['-c', 'command -v gst-launch-1.0 && gst-inspect-1.0 --exists identity']).status === 0;

function done(command, args) {
  const r = run(command, args);
  if (r.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${r.out}${r.err}`);
  return r.out;
}

const ours = (kind, filters) => JSON.parse(done(path.join(build, 'bench/graph_cost'), [kind, String(filters), String(BUFFERS)])).wall;

function theirs(elements) {
  const chain = ['fakesrc', `num-buffers=${BUFFERS}`, ...elements.flatMap((e) => ['!', e]), '!', 'fakesink'];
  const [, h, m, s] = /Execution ended after (\d+):(\d+):([\d.]+)/.exec(done('gst-launch-1.0', chain));
  return ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1e9 / BUFFERS;
}

// A link's cost is the difference that the filters make; a crossing is the whole way from a source through one queue into a sink.
const identities = Array(FILTERS).fill('identity');
const cases = [
  ['direct call, a link', () => (ours('direct', FILTERS) - ours('direct', 0)) / FILTERS, () => (theirs(identities) - theirs([])) / FILTERS],
  ['source, queue, sink on another thread', () => ours('queue', 0), () => theirs(['queue'])],
];

console.log(`host: ${os.cpus().length} cores, load ${load()}; median of ${ROUNDS} rounds of ${BUFFERS} buffers`);
for (const [name, us, them] of cases) {
  const a = [], b = [];
  for (let i = 0; i < ROUNDS; i++) {
    a.push(us());
    if (gst)
      b.push(them());
  }
  const beside = gst ? `GStreamer ${median(b).toFixed(1)} ns; ratio ${(median(a) / median(b)).toFixed(2)} (bar 0.50)` : 'GStreamer is not installed';
  console.log(`${name}: ${median(a).toFixed(1)} ns; ${beside}; load ${load()}`);
}

// What composing four pictures of 1280x720 to a grid of 1280x720 costs, beside ffmpeg doing the same from the same files, in turns, in one run. Processor time of the
// whole program, a picture: decoding four files, scaling, composing, and encoding with x264 (the same settings, one thread) in the second row.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { dir, run, have } = require('../tests/tools/harness.js');

const ROUNDS = 5, SECONDS = 10, FPS = 30, RATE = 2500000;
const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const file = (name) => path.join(dir, name);
have('ffmpeg');

const sources = [0, 1, 2, 3].map((i) => {
  const name = file(`${i}.mkv`);
  run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=${FPS},hue=h=${i * 90}`, '-t', String(SECONDS), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', name]);
  return name;
});

function profile(encode) {
  const nodes = { mix: { use: 'filter.compose', params: { size: '1280x720', fps: FPS } }, out: { use: 'render.null' } };
  sources.forEach((s, i) => { nodes[`in${i}`] = { use: 'capture.file', params: { file: s, loop: false } }; });
  const chains = [...sources.map((s, i) => [`in${i}.video`, 'mix']), encode ? ['mix', 'enc', 'out'] : ['mix', 'out']];
  if (encode)
    nodes.enc = { use: 'codec.h264.enc', params: { bitrate: RATE, preset: 'veryfast', key_interval: 2 } };
  const name = file(`compose-${encode}.json`);
  fs.writeFileSync(name, JSON.stringify({ loquat_profile: 1, name: 'compose', graphs: { run: { nodes, chains } } }));
  return `loquat run ${name} --virtual --seconds ${SECONDS} --stats`;
}

function ffmpeg(encode) {
  const places = ['0_0', '640_0', '0_360', '640_360'];
  const graph = `${places.map((p, i) => `[${i}:v]scale=640:360:flags=bilinear[s${i}]`).join(';')};${places.map((p, i) => `[s${i}]`).join('')}xstack=inputs=4:layout=${places.join('|')}[v]`;
  const codec = encode ? `-c:v libx264 -preset veryfast -tune zerolatency -profile:v baseline -b:v ${RATE} -maxrate ${RATE} -bufsize ${RATE / 5} -g ${2 * FPS} -x264-params scenecut=0 -threads 1` : '-c:v rawvideo';
  return `ffmpeg -v error ${sources.map((s) => `-threads 1 -i ${s}`).join(' ')} -filter_complex_threads 1 -filter_complex '${graph}' -map '[v]' ${codec} -f null -`;
}

// Milliseconds of processor time a picture.
function cost(command) {
  const r = run('bash', ['-c', `TIMEFORMAT='cpu %U %S'; time ${command}`]);
  const [, user, system] = r.err.match(/cpu ([\d.]+) ([\d.]+)/) || [];
  if (r.status !== 0 || !user)
    throw new Error(`${command}: ${r.out}${r.err}`);
  const composed = r.out.match(/framesComposed +(\d+)/);
  if (composed && Number(composed[1]) < 0.99 * FPS * SECONDS)
    throw new Error(`only ${composed[1]} pictures were composed`);
  return 1000 * (Number(user) + Number(system)) / (FPS * SECONDS);
}

console.log(`host: ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}; median of ${ROUNDS} rounds of ${SECONDS * FPS} pictures; ms of processor time a picture`);
for (const [what, encode] of [['decode four, compose', false], ['decode four, compose, encode', true]]) {
  const ours = [], theirs = [];
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(cost(profile(encode)));
    theirs.push(cost(ffmpeg(encode)));
  }
  console.log(`${what}: loquat ${median(ours).toFixed(2)}, ffmpeg ${median(theirs).toFixed(2)}, ratio ${(median(ours) / median(theirs)).toFixed(2)}; load ${os.loadavg()[0].toFixed(2)}`);
}

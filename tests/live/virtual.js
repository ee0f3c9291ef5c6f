// A broadcast on the virtual clock: two cameras and two microphones whose clocks are none of them the graph's, composed and mixed, into a file and a playlist.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, start } = require('../tools/harness.js');
const { examine, stat, resident } = require('./live.js');

// `ppm`: how far the sources' clocks are off, one to either side. A camera's is its frame rate.
function profile(name, ppm) {
  const rate = (fps, off) => `${fps * (1000000 + off) / 1000}/1000`;
  const layout = { layout: 'regions', regions: [{ input: 0, x: 0, y: 0, w: 320, h: 180 }, { input: 1, x: 0, y: 0, w: 40, h: 24, z: 1 }] }; // the second beside the bar code, so that flashes stay whole
  const nodes = {
    cam: { use: 'capture.pattern', params: { size: '320x180', fps: rate(30, ppm) } }, other: { use: 'capture.pattern', params: { size: '160x90', fps: rate(30, -ppm), flash: false } },
    mix: { use: 'filter.compose', params: { size: '320x180', layout: JSON.stringify(layout) } }, venc: { use: 'codec.h264.enc', params: { bitrate: 200000, key_interval: 2 } },
    mic: { use: 'capture.tone', params: { drift: ppm } }, hum: { use: 'capture.tone', params: { chirp: false, frequency: 220, volume: 0.05, drift: -ppm } },
    sum: { use: 'filter.audiomix' }, aenc: { use: 'codec.aac.enc' },
    disk: { use: 'transport.file', params: { url: path.join(dir, `${name}.mp4`) } }, list: { use: 'transport.hls', params: { url: path.join(dir, name, 'show.m3u8') } },
  };
  const chains = [['cam', 'mix'], ['other', 'mix'], ['mix', 'venc', 'disk.video'], ['venc', 'list.video'], ['mic', 'sum'], ['hum', 'sum'], ['sum', 'aenc', 'disk.audio'], ['aenc', 'list.audio']];
  const file = path.join(dir, `${name}.json`);
  fs.mkdirSync(path.join(dir, name));
  fs.writeFileSync(file, JSON.stringify({ loquat_profile: 1, name: 'virtual', graphs: { run: { nodes, chains } } }));
  return file;
}

// Runs it for so many seconds of its own: {code, log, stat, file, list, took (s), memory (KiB, of each fifth of the run)}.
async function broadcast(name, seconds, ppm) {
  const began = Date.now(), samples = [];
  const p = start('loquat', ['run', profile(name, ppm), '--virtual', '--seconds', String(seconds), '--stats']);
  const timer = setInterval(() => { const kib = resident(p.pid); if (kib) samples.push(kib); }, 100);
  const { code } = await p.ended;
  clearInterval(timer);
  const fifth = (i) => Math.max(...samples.slice(Math.floor(i * samples.length / 5), Math.floor((i + 1) * samples.length / 5)));
  return { code, log: p.log, stat: stat(p), file: path.join(dir, `${name}.mp4`), list: path.join(dir, name, 'show.m3u8'), took: (Date.now() - began) / 1000, memory: [0, 1, 2, 3, 4].map(fifth) };
}

module.exports = { broadcast, examine };

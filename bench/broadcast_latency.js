// How old a picture is when a room's broadcast brings it: to an RTMP server's player, in an HLS segment when that is complete, and to the room's WebRTC audience beside them. The bar
// code in the picture says when it was captured, on the clock of this machine. The same by ffmpeg alone, from a camera to the same server and the same kind of player, is the peer: of
// `loquat run`, which does just that, and of the room, whose pictures pass a server and a mix before.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { start, server, run, have, build } = require('../tests/tools/harness.js');
const { file, port, profile, rtmpServer } = require('../tests/live/live.js');

const SECONDS = Number(process.env.LATENCY_SECONDS || 30), W = 340, H = 220, MASK = 0x5a5a3c3ca5a5c3c3n;
const now = () => Number(process.hrtime.bigint() / 1000000n) & 0xffffff;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function crc16(bytes) {
  let crc = 0xffff;
  for (const b of bytes) {
    crc ^= b << 8;
    for (let i = 0; i < 8; i++)
      crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

// Milliseconds since a grey picture was captured (framework/media/barcode.h); NaN: it cannot be read.
function age(grey, at) {
  let bits = 0n;
  for (let row = 0; row < 2; row++)
    for (let i = 0; i < 32; i++) {
      const x = Math.round((1.5 + i) * W / 34), y = Math.round((1 + row) * H / 22);
      bits = bits << 1n | (grey[y * W + x] > 127 ? 1n : 0n);
    }
  const b = Buffer.alloc(8);
  b.writeBigUInt64BE(bits ^ MASK);
  return crc16(b.subarray(0, 6)) === b.readUInt16BE(6) ? (at - b.readUIntBE(3, 3)) & 0xffffff : NaN;
}

// What ffmpeg makes of a source, as grey pictures, each with the time when it came.
function watch(args, seen) {
  const p = spawn('ffmpeg', ['-v', 'error', '-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '32768', '-analyzeduration', '0', ...args,
    '-vf', `scale=${W}:${H}`, '-pix_fmt', 'gray', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-flush_packets', '1', '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = Buffer.alloc(0);
  p.stdout.on('data', (chunk) => {
    const at = now();
    for (rest = Buffer.concat([rest, chunk]); rest.length >= W * H; rest = rest.subarray(W * H))
      seen(age(rest, at));
  });
  process.on('exit', () => p.kill('SIGKILL'));
  return p;
}

const sorted = (list) => list.filter((v) => v >= 0 && v < 60000).sort((a, b) => a - b);
function say(what, list) {
  const v = sorted(list), at = (q) => v[Math.min(v.length - 1, Math.floor(q * v.length))];
  console.log(`${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${v.length}`);
  return at(0.5);
}

// ffmpeg alone: encodes what a camera and a microphone give it as it comes, with the same codecs, rates and size.
function peer(url) {
  const camera = file('camera'), microphone = file('microphone');
  run('mkfifo', [camera, microphone]);
  const source = (words, to) => start('sh', ['-c', `exec ${build}/bench/timed_source ${words} > ${to}`]);
  return [source('picture 640 360 30', camera), source('sound', microphone), start('ffmpeg', ['-v', 'error', '-fflags', 'nobuffer',
    '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', '640x360', '-framerate', '30', '-i', camera, '-f', 'f32le', '-ar', '48000', '-ac', '1', '-i', microphone,
    '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-b:v', '1M', '-maxrate', '1M', '-bufsize', '1M', '-g', '60', '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
    '-flush_packets', '1', '-f', 'flv', url])];
}

// A segment's pictures, when it has its last name.
function onSegments(folder, seen) {
  fs.watch(folder, (event, name) => {
    const segment = path.join(folder, name || '');
    if (!/-\d+\.m4s$/.test(segment) || !fs.existsSync(segment) || seen.names.has(name))
      return;
    seen.names.add(name);
    seen.list.push({ segment, at: now() });
  });
}

(async () => {
  have('ffmpeg');
  console.log(`host: ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}`);
  const s = await server(['--debug']), [p, http] = [await port(), await port()], nginx = await rtmpServer(p, http), folder = file('www');
  fs.mkdirSync(folder);
  const room = ['--room', 'show', '--server', s.url];
  const alice = start('loquat', ['join', ...room, '--user', 'alice', '--headless', '--size', '640x360']);
  const viewer = start('loquat', ['join', ...room, '--no-publish', '--headless', '--status-json', '--seconds', String(SECONDS)]);
  await viewer.line((l) => l.includes('"joined":true'));
  const seen = { names: new Set(), list: [] };
  onSegments(folder, seen);
  const url = (name) => `rtmp://127.0.0.1:${p}/live/${name}`, ages = { show: [], direct: [], ffmpeg: [] };
  const mix = start('loquat', ['broadcast', ...room, '--size', '640x360', '--bitrate', '1000000', '--to', url('show'), '--to', `${folder}/show.m3u8`, '--seconds', String(SECONDS)]);
  const direct = start('loquat', ['run', profile('transport.rtmp', { url: url('direct') }, { more: { venc: { buffer_ms: 1000 } } }), '--seconds', String(SECONDS + 5)]), alone = peer(url('ffmpeg'));
  await mix.line((l) => /rtmp.*running/.test(l));
  await wait(2500); // for a key frame, at which the players begin
  const players = Object.keys(ages).map((name) => watch(['-i', url(name)], (ms) => ages[name].push(ms)));
  await mix.ended;
  for (const player of players)
    player.kill('SIGKILL');
  await viewer.ended;
  await Promise.all([alice, direct, ...alone, nginx.process].map((process) => process.stop()));
  const names = { show: 'a room\'s broadcast', direct: 'loquat run, from camera to server', ffmpeg: 'ffmpeg, the same' };
  const [show, ours, theirs] = Object.entries(ages).map(([name, list]) => say(`capture to a player of the RTMP server, ${names[name]}`, list.slice(60))); // players catch up first
  console.log(`against ffmpeg: ${(ours / theirs).toFixed(2)} from camera to server, ${(show / theirs).toFixed(2)} through a room and its mix`);
  const first = [], last = [];
  for (const { segment, at } of seen.list) {
    const r = run('ffmpeg', ['-v', 'error', '-i', `concat:${folder}/show-init.mp4|${segment}`, '-vf', `scale=${W}:${H}`, '-pix_fmt', 'gray', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], { encoding: 'buffer' });
    const n = Math.floor(r.out.length / (W * H));
    if (n) {
      first.push(age(r.out.subarray(0, W * H), at));
      last.push(age(r.out.subarray((n - 1) * W * H, n * W * H), at));
    }
  }
  say('capture to a complete HLS segment, its newest picture', last);
  say('capture to a complete HLS segment, its oldest picture', first);
  const report = viewer.log.split('\n').filter((l) => l.startsWith('{"') && l.includes('latency_ms')).map((l) => JSON.parse(l)).pop();
  console.log(`capture to the room's WebRTC audience: p50 ${report.latency_ms.p50} ms, p95 ${report.latency_ms.p95} ms`);
  process.exit(0);
})();

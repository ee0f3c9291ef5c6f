// What comes in by RTMP, SRT, RTSP or from a file: as it is, or decoded; B-frames, parameter sets, sources that go and come back.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { ok, run, start, have, main } = require('../tools/harness.js');
const { file, port, profile, broadcast, stat, examine, rtmpServer, haveNginx } = require('./live.js');

const SECONDS = 10;
let n = 0;

// A profile from a source into a file: as it is, or with other encoders.
function ingest(params, out, { encode = false, out_params = {}, only } = {}) {
  const name = file(`ingest-${++n}.json`), node = (use, loop, p) => ({ use, ...(loop ? { loop } : {}), params: p || {} });
  const nodes = { in: node('capture.url', 'video', params), out: node('transport.file', 'net', { url: out, ...out_params }) };
  if (encode)
    Object.assign(nodes, { venc: node('codec.h264.enc', null, { key_interval: 2 }), aenc: node('codec.opus.enc', 'audio') });
  const chains = encode ? [['in.video', 'venc', 'out.video'], ['in.audio', 'aenc', 'out.audio']] : [['in.video', 'out.video'], ['in.audio', 'out.audio']];
  fs.writeFileSync(name, JSON.stringify({ loquat_profile: 1, name: 'ingest', loops: { audio: {}, video: {}, net: {} },
    graphs: { run: { nodes, chains: only ? chains.filter((c) => c[0] === only) : chains,
      // MPEG-TS comes in pieces of several pictures
      ...(encode ? { queues: { 'in->venc': { buffers: 60, policy: 'drop-oldest' } } } : {}) } } }));
  return name;
}

function check(name, seen, { audio = 'aac', least = SECONDS - 4 } = {}) {
  const v = seen.video || {}, a = seen.audio || {}, text = JSON.stringify(seen);
  ok(v.codec === 'h264' && a.codec === audio && v.width === 640 && v.height === 360 && a.rate === 48000, `${name}: codecs, size, rate`, text);
  ok(v.last - v.first >= least && a.last - a.first >= least && v.frames > 25 * least, `${name}: all of it has arrived`, text);
  ok(v.back === 0 && a.back === 0, `${name}: no timestamp goes back`, text);
  ok(seen.pairs >= least - 2 && Math.abs(seen.skew_ms) <= 40, `${name}: picture and sound are in step`, text);
}

// Every key frame has its parameter sets: a player may begin at any of them.
function sets_everywhere(name, media) {
  const raw = file(`${n}.h264`);
  run('ffmpeg', ['-v', 'error', '-y', '-i', media, '-map', '0:v', '-c', 'copy', '-f', 'rawvideo', raw]);
  const types = [];
  const data = fs.readFileSync(raw);
  for (let i = 0; (i = data.indexOf(Buffer.from([0, 0, 1]), i)) >= 0 && i + 3 < data.length; i += 3) types.push(data[i + 3] & 31);
  const keys = types.filter((t, i) => t === 5 && types[i - 1] !== 5), before = types.filter((t, i) => t === 5 && types[i - 1] !== 5 && types.slice(Math.max(0, i - 5), i).includes(7) && types.slice(Math.max(0, i - 5), i).includes(8));
  ok(keys.length >= 3 && before.length === keys.length, `${name}: parameter sets before every key frame`, `${before.length} of ${keys.length}`);
}

async function rtmp(clip) {
  if (!haveNginx())
    return console.log('skipped: nginx with RTMP is not installed');
  const p = await port(), http = await port(), server = await rtmpServer(p, http), url = `rtmp://127.0.0.1:${p}/live/in`, out = file('rtmp.ts');
  const ffmpeg = start('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', url]);
  await until(() => server.recordings().length);
  const r = await broadcast(ingest({ url }, out), SECONDS);
  ok(r.code === 0, 'RTMP: as it is', r.log.slice(-800));
  check('RTMP', await examine(out));
  sets_everywhere('RTMP', out);
  await ffmpeg.stop();
  await server.process.stop();
}

// The caller goes away and comes back: so does the stream, by itself.
async function srt(clip) {
  const p = await port(), out = file('srt.mkv'), url = `srt://127.0.0.1:${p}`;
  const send = () => start('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'mpegts', `${url}?mode=listener&pkt_size=1316`]);
  let sender = send();
  const capture = start('loquat', ['run', ingest({ url, timeout: 3000, retry: 1000 }, out, { encode: true }), '--stats', '--seconds', '16']);
  const early = await Promise.race([capture.ended, until(() => fs.existsSync(out) && fs.statSync(out).size > 200000)]);
  ok(!early, 'SRT: comes in', capture.log);
  sender.kill('SIGKILL');
  await sender.ended;
  await capture.line((l) => /trying again/.test(l));
  sender = send();
  await capture.ended;
  await sender.stop();
  const s = (name) => Number((capture.log.match(new RegExp(`^run/in +0 +${name} +(\\S+)`, 'm')) || [])[1]);
  const seen = await examine(out), text = `${JSON.stringify(seen)} ${capture.log.slice(0, 600)}`;
  ok(s('connections') >= 2, 'SRT: a source that went away is connected again', text);
  ok(seen.video && seen.video.last > 9 && seen.video.back === 0 && Math.abs(seen.skew_ms) <= 40 && seen.pairs >= 4, 'SRT: what follows is in step', text);
}

async function rtsp(clip) {
  const server = start('/usr/bin/python3', [path.join(__dirname, 'rtsp.py'), clip]), said = await server.line((l) => /^(port \d+|none)|Error/.test(l));
  if (!said.startsWith('port'))
    return console.log('skipped: no RTSP server (python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good and -bad)');
  for (const transport of ['tcp', 'udp']) {
    const out = file(`rtsp-${transport}.mp4`);
    const r = await broadcast(ingest({ url: `rtsp://127.0.0.1:${said.slice(5)}/clip`, rtsp_transport: transport }, out), 7);
    ok(r.code === 0, `RTSP, ${transport}: as it is`, r.log.slice(-800));
    check(`RTSP, ${transport}`, await examine(out), { least: 4 });
  }
  await server.stop();
}

async function b_frames(clip) {
  const bad = await broadcast(ingest({ url: clip }, file('b.mp4'), { only: 'in.video' }), 4);
  ok(bad.code !== 0 && /B-frames/.test(bad.log) && /raw I420/.test(bad.log), 'B-frames: not given encoded, and it is told why', bad.log.slice(0, 800));
  const again = file('b-again.mkv'), r = await broadcast(ingest({ url: clip }, again, { encode: true }), 20);
  ok(r.code === 0, 'B-frames: encoded anew', r.log.slice(0, 800));
  check('B-frames, encoded anew', await examine(again), { audio: 'opus', least: 6 });
  const passed = file('b-passed.mp4'), r2 = await broadcast(ingest({ url: clip, b_frames: 'pass' }, passed), 20);
  ok(r2.code === 0, 'B-frames: passed on', r2.log.slice(0, 800));
  check('B-frames, passed on', await examine(passed), { least: 6 });
  const probe = run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=has_b_frames', '-of', 'csv=p=0', passed]);
  ok(probe.out.trim() === '2', 'B-frames, passed on: they are still there', probe.out);
}

async function loops(clip) {
  const out = file('loop.mkv');
  const r = await broadcast(ingest({ url: clip, loop: true }, out, { encode: true }), 14);
  const seen = await examine(out), text = JSON.stringify(seen);
  ok(r.code === 0 && seen.video.last > 11 && seen.video.gap < 0.3 && seen.audio.gap < 0.2 && seen.video.back === 0, 'a file goes round without a gap', text);
  ok(Math.abs(seen.skew_ms) <= 40, 'a file goes round in step', text);
}

async function errors() {
  const refused = async (name, params, expected) => {
    const r = await broadcast(ingest(params, file('never.mkv')), 10);
    ok(r.code === 1 && expected.test(r.log), name, r.log.slice(0, 600));
  };
  const text = file('text.mp4');
  fs.writeFileSync(text, 'no media at all, only words '.repeat(100));
  await refused('a file that is not there', { url: file('nothing.mp4') }, /nothing\.mp4: there is no such folder or file/);
  await refused('a file that is none', { url: text }, /text\.mp4: there is neither sound nor picture in it/);
  await refused('a server that is not there', { url: 'rtmp://127.0.0.1:9/live/secret' }, /rtmp:\/\/127\.0\.0\.1:9\/live\/: nobody listens there/);
  await refused('a server that wants to know who asks', { url: `http://127.0.0.1:${await refusing()}/live` }, /user and password are wanted/);
  await refused('what cannot be waited for', { url: 'http://127.0.0.1:9/live', mode: 'listener' }, /only SRT and RTMP can be waited for/);
}

const refusing = () => new Promise((resolve) => {
  const s = http.createServer((request, response) => response.writeHead(401).end()).unref();
  s.listen(0, '127.0.0.1', () => resolve(s.address().port));
});

// The source is waited for, and its key is asked.
async function called(clip) {
  for (const scheme of ['rtmp', 'srt']) {
    const p = await port(), out = file(`called-${scheme}.mkv`), key = `rtmp://127.0.0.1:${p}/live/key`;
    const url = scheme === 'rtmp' ? `${key}?listen` : `srt://127.0.0.1:${p}?mode=listener`, name = file(`ingest-${++n}.json`);
    const nodes = { in: { use: 'capture.url', loop: 'video', params: { url } }, aenc: { use: 'codec.opus.enc', loop: 'audio' }, out: { use: 'transport.file', loop: 'net', params: { url: out } } };
    fs.writeFileSync(name, JSON.stringify({ loquat_profile: 1, name: 'called', loops: { audio: {}, video: {}, net: {} },
      graphs: { run: { nodes, chains: [['in.video', 'out.video'], ['in.audio', 'aenc', 'out.audio']] } } }));
    const capture = start('loquat', ['run', name, '--stats', '--seconds', '20']);
    const call = (to) => start('ffmpeg', ['-v', 'error', '-re', '-i', clip, '-c', 'copy', '-f', scheme === 'rtmp' ? 'flv' : 'mpegts', to]).ended;
    const insist = async (to) => { while ((await call(to)).code !== 0 && capture.exitCode === null); }; // until it listens
    if (scheme === 'rtmp') {
      await until(async () => (await call(`rtmp://127.0.0.1:${p}/live/wrong`)) && /another stream key/.test(capture.log));
      ok(!fs.existsSync(out) || fs.statSync(out).size < 1000, 'waited for, rtmp: another stream key gets nothing in');
    }
    await insist(scheme === 'rtmp' ? key : `srt://127.0.0.1:${p}?pkt_size=1316`);
    await capture.stop();
    const seen = await examine(out), text = `${JSON.stringify(seen)} ${capture.log.slice(0, 600)}`;
    ok(seen.video && seen.video.codec === 'h264' && seen.audio.codec === 'opus' && seen.video.last > 5, `waited for, ${scheme}: it has come in`, text);
    ok(Math.abs(seen.skew_ms) <= 40 && seen.pairs >= 4, `waited for, ${scheme}: in step`, text);
  }
}

async function until(condition, ms = 30000) {
  for (const end = Date.now() + ms; !await condition();) {
    if (Date.now() > end)
      throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

main(async () => {
  have('ffmpeg', 'ffprobe');
  const plain = file('plain.mp4'), b = file('b-frames.mp4');
  const made = await broadcast(profile('transport.file', { url: plain }), 8);
  ok(made.code === 0, 'a clip to send', made.log);
  run('ffmpeg', ['-v', 'error', '-i', plain, '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '60', '-c:a', 'copy', b]);
  await Promise.all([rtmp(plain), srt(plain), b_frames(b), errors(), rtsp(plain), called(plain)]);
  await loops(b);
});

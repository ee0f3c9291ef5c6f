// Each outlet delivers what it should, to servers and players that are not ours: codecs, size, rate, key frames, timestamps, picture and sound in step.
'use strict';
const fs = require('node:fs');
const { ok, run, start, have, main } = require('../tools/harness.js');
const { file, port, profile, broadcast, examine, rtmpServer, tlsFront, haveNginx } = require('./live.js');

const SECONDS = Number(process.env.LIVE_SECONDS || 12); // bench/broadcast.js takes longer

// `sent`: the run that made it, `least`: seconds of media that must have arrived. Camera and microphone leave out, and count, what a busy machine makes too
// late: then the gaps are theirs, and the flash may be among what is missing.
function check(name, sent, seen, { audio = 'aac', least = SECONDS - 4, video = 'h264' } = {}) {
  const late = sent.stat('framesDropped', 'cam') + sent.stat('buffersDropped', 'mic');
  const v = seen.video || {}, a = seen.audio || {}, text = JSON.stringify(seen);
  ok(v.codec === video && a.codec === audio && v.width === 640 && v.height === 360 && a.rate === 48000 && a.channels === 2, `${name}: codecs, size, rate`, text);
  ok(v.last - v.first >= least && a.last - a.first >= least, `${name}: all of it has arrived`, text);
  ok(v.frames + late >= 0.97 * 30 * (v.last - v.first) && (late || (v.gap < 0.1 && a.gap < 0.1)), `${name}: no picture and no sound is missing`, `${late} late: ${text}`);
  ok(v.back === 0 && a.back === 0, `${name}: no timestamp goes back`, text);
  ok(v.key_gap > 1.8 && v.key_gap < (late ? 3 : 2.2), `${name}: a key frame every two seconds`, text);
  const skew = late ? [seen.skew_ms] : [seen.skew_min_ms, seen.skew_max_ms];
  ok(seen.pairs >= (late ? 2 : least - 2) && skew.every((ms) => Math.abs(ms) <= 40), `${name}: picture and sound are in step`, text);
}

function fine(name, r) {
  ok(r.code === 0 && r.stat('packetsDropped') === 0 && r.stat('failures') === 0, `${name}: nothing dropped, nothing failed`, r.log.slice(-1500));
  return r;
}

async function rtmp() {
  if (!haveNginx())
    return console.log('skipped: nginx with RTMP is not installed');
  const p = await port(), http = await port(), server = await rtmpServer(p, http);
  const r = fine('RTMP', await broadcast(profile('transport.rtmp', { url: `rtmp://127.0.0.1:${p}/live/show` }), SECONDS));
  await server.process.stop(); // the recording is complete
  check('RTMP', r, await examine(server.recordings()[0]));
}

// The same through TLS, with a certificate of our own before nginx.
async function rtmps() {
  if (!haveNginx())
    return;
  const p = await port(), http = await port(), server = await rtmpServer(p, http), front = await tlsFront(p), cert = front.cert;
  const url = `rtmps://localhost:${front.port}/live/show`;
  const r = fine('RTMPS', await broadcast(profile('transport.rtmp', { url, ca_file: cert }), SECONDS));
  const bad = await broadcast(profile('transport.rtmp', { url }), 8);
  ok(/certificate cannot be trusted/.test(bad.log) && bad.stat('packetsSent') === 0, 'RTMPS: a certificate that nobody vouches for is refused', bad.log.slice(0, 500));
  await server.process.stop();
  front.close();
  check('RTMPS', r, await examine(server.recordings()[0]));
}

async function srtCaller(audio) {
  const p = await port(), out = file(`srt-${audio}.ts`), name = `SRT caller, ${audio}`;
  const receiver = start('sh', ['-c', `exec srt-live-transmit -q 'srt://127.0.0.1:${p}?mode=listener&passphrase=correct-horse' file://con > ${out}`]);
  const r = await broadcast(profile('transport.srt', { url: `srt://127.0.0.1:${p}`, passphrase: 'correct-horse' }, { audio: `codec.${audio}.enc` }), SECONDS);
  ok(r.code === 0 && r.stat('packetsDropped') === 0 && r.stat('connections') === 1, `${name}: one connection, nothing dropped`, r.log.slice(-1500));
  await receiver.stop();
  check(name, r, await examine(out), { audio });
}

async function srtListener() {
  const p = await port(), out = file('srt-listener.ts');
  const sender = broadcast(profile('transport.srt', { url: `srt://127.0.0.1:${p}?mode=listener&latency=200` }), SECONDS + 2);
  const player = start('ffmpeg', ['-v', 'error', '-y', '-i', `srt://127.0.0.1:${p}?mode=caller&connect_timeout=10000`, '-c', 'copy', out]);
  const r = await sender;
  await player.ended;
  ok(r.code === 0 && r.stat('connections') >= 1 && r.stat('packetsDropped') === 0, 'SRT listener: a player called', r.log.slice(-1500));
  check('SRT listener', r, await examine(out), { least: SECONDS - 6 });
}

const segments = (list) => fs.readFileSync(list, 'utf8').split('\n').filter((l) => l && l[0] !== '#');

async function hls(type, window, audio) {
  const folder = file(`hls-${type}-${window}`), list = `${folder}/show.m3u8`, name = `HLS ${type}, ${window ? 'live window' : 'full list'}, ${audio}`;
  fs.mkdirSync(folder);
  const r = fine(name, await broadcast(profile('transport.hls', { url: list, segment_type: type, window }, { audio: `codec.${audio}.enc` }), SECONDS));
  const text = fs.readFileSync(list, 'utf8'), names = segments(list), seen = await examine(list), stood = seen.video?.gap > 0.2 ? seen.video.gap : 0;
  ok(text.includes('#EXT-X-INDEPENDENT-SEGMENTS') && text.includes('#EXT-X-ENDLIST'), `${name}: tags`, text);
  ok(text.match(/#EXTINF:([\d.]+)/g).slice(0, -1).every((l) => Math.abs(l.slice(8) - 2) < 0.1 + stood), `${name}: segments of two seconds`, text);
  const kept = fs.readdirSync(folder).filter((f) => /-\d+\.(ts|m4s)$/.test(f));
  if (window)
    ok(names.length === window && kept.length <= 2 * window + 3 && /MEDIA-SEQUENCE:[1-9]/.test(text), `${name}: the list moves on and old segments go`, `${text}${kept}`);
  else
    ok(/MEDIA-SEQUENCE:0/.test(text) && kept.length === names.length && names.length >= SECONDS / 2 - 1, `${name}: all segments from the first`, `${text}${kept}`);
  const strict = start('ffmpeg', ['-v', 'warning', '-xerror', '-err_detect', 'explode', '-i', list, '-f', 'null', '-']), read = await strict.ended;
  ok(read.code === 0 && strict.log === '', `${name}: a strict player has nothing to complain of`, strict.log);
  check(name, r, seen, { audio, least: (window ? 2 * window : SECONDS) - 3 });
}

async function dash() {
  const folder = file('dash'), list = `${folder}/show.mpd`;
  fs.mkdirSync(folder);
  const r = fine('DASH', await broadcast(profile('transport.dash', { url: list, window: 0 }), SECONDS));
  const text = fs.readFileSync(list, 'utf8');
  ok(text.includes('codecs="avc1.') && text.includes('codecs="mp4a.40.2"') && text.includes('isoff-live'), 'DASH: the manifest names both', text);
  check('DASH', r, await examine(list));
}

async function recording(ending, audio) {
  const name = file(`show.${ending}`);
  const r = fine(`.${ending}`, await broadcast(profile('transport.file', { url: name }, { audio: `codec.${audio}.enc` }), SECONDS));
  check(`.${ending}, ${audio}`, r, await examine(name), { audio });
}

main(async () => {
  have('ffmpeg', 'srt-live-transmit', 'openssl');
  await Promise.all([rtmp(), srtCaller('aac'), hls('fmp4', 3, 'aac'), recording('mp4', 'aac')]);
  await Promise.all([rtmps(), srtListener(), hls('ts', 0, 'aac'), recording('mkv', 'opus')]);
  await Promise.all([srtCaller('opus'), hls('fmp4', 0, 'opus'), dash(), recording('flv', 'aac'), recording('mp4', 'opus')]);
});

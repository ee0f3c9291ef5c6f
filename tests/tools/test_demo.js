// The demo: a whole call in three processes, and the files that it leaves.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, ok, run, main } = require('./harness.js');

const streams = (file) => {
  const r = run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file]);
  return r.status === 0 ? JSON.parse(r.out) : { streams: [], format: {} };
};

function participant(name, p) {
  const has = (o, ...keys) => o && keys.every((k) => typeof o[k] === 'number');
  ok(has(p, 'join_ms', 'first_video_frame_ms', 'av_skew_ms'), `${name}: join_ms, first_video_frame_ms, av_skew_ms are numbers`, JSON.stringify(p));
  ok(has(p.video, 'framesReceived', 'framesDecoded', 'framesPerSecond', 'freezeCount', 'packetsLost'), `${name}: video figures`, JSON.stringify(p.video));
  ok(has(p.audio, 'totalSamplesReceived', 'concealedSamples'), `${name}: audio figures`, JSON.stringify(p.audio));
  ok(has(p.latency_ms, 'p50', 'p95') && p.latency_ms.p50 > 0 && p.latency_ms.p50 <= p.latency_ms.p95, `${name}: latency from the bar code`, JSON.stringify(p.latency_ms));
  ok(p.video.framesDecoded > 30 && p.video.framesReceived >= p.video.framesDecoded, `${name}: received and decoded pictures`, JSON.stringify(p.video));
  ok(p.audio.totalSamplesReceived > 48000 && p.audio.audioLevel > 0.01, `${name}: heard sound`, JSON.stringify(p.audio));
}

function demo(codec) {
  const out = path.join(dir, codec);
  const r = run('loquat', ['demo', '--seconds', '8', '--headless', '--codec', codec, '--out', out]);
  if (!ok(r.status === 0, `${codec}: the demo exits with 0`, r.out + r.err))
    return;
  const stats = JSON.parse(fs.readFileSync(path.join(out, 'stats.json'), 'utf8'));
  for (const name of ['alice', 'bob']) {
    participant(`${codec}: ${name}`, stats.participants[name]);
    const media = streams(path.join(out, `${name}.mkv`));
    const codecs = media.streams.map((s) => s.codec_name).sort().join();
    ok(codecs === ['opus', codec].sort().join(), `${codec}: ${name}.mkv has what was sent, not re-encoded`, codecs);
    ok(Number(media.format.duration) > 4, `${codec}: ${name}.mkv is as long as the call`, media.format.duration);
    const decode = run('ffmpeg', ['-v', 'error', '-i', path.join(out, `${name}.mkv`), '-f', 'null', '-']);
    ok(decode.status === 0 && decode.err === '', `${codec}: ${name}.mkv decodes without a complaint`, decode.err);
    const png = streams(path.join(out, `${name}.png`)).streams[0] || {};
    ok(png.codec_name === 'png' && png.width === 640 && png.height === 360, `${codec}: ${name}.png is a picture`, JSON.stringify(png));
  }
  ok(fs.readFileSync(path.join(out, 'call-graph.svg'), 'utf8').includes('transport.webrtc'), `${codec}: call-graph.svg shows the transport`);
}

function refusals() {
  const none = run('loquat', ['demo', '--input', path.join(dir, 'nothing.mp4')]);
  ok(none.status === 1 && none.err.includes('nothing.mp4'), 'a missing input file is named', none.err);
  const text = path.join(dir, 'text.mp4');
  fs.writeFileSync(text, 'no media');
  const bad = run('loquat', ['demo', '--input', text, '--headless', '--seconds', '5']);
  ok(bad.status === 1 && bad.err.includes('text.mp4'), 'an unreadable input file is named', bad.err);
}

main(async () => { demo('h264'); demo('vp8'); refusals(); });

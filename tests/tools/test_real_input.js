// A recorded desktop with speech goes in; what comes out at the other side is compared with it.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, build, ok, run, start, have, main } = require('./harness.js');

const W = 640, H = 360, FPS = 30, SECONDS = 10, RATE = 8000;
const file = (name) => path.join(dir, name);

function must(what, r) {
  if (r.status !== 0)
    throw new Error(`${what}: ${r.err}`);
  return r;
}

// A real X11 desktop: a clock, eyes and a terminal that scrolls, moved about while ffmpeg records it.
async function record(clip) {
  const xvfb = start('Xvfb', ['-displayfd', '1', '-screen', '0', `${W}x${H}x24`, '-nolisten', 'tcp', '-noreset']);
  const display = `:${(await xvfb.line((l) => /^\d+$/.test(l))).trim()}`;
  const env = { ...process.env, DISPLAY: display };
  const on = { env };
  start('xclock', ['-update', '1', '-geometry', '160x160+20+20'], on);
  start('xeyes', ['-geometry', '150x100+430+30'], on);
  start('xterm', ['-geometry', '60x12+80+150', '-e', 'bash', '-c',
    'i=0; while :; do i=$((i+1)); echo "line $i: the quick brown fox jumps over the lazy dog"; read -rt 0.2; done'], on);
  must('windows', run('xdotool', ['search', '--sync', '--onlyvisible', '--class', 'XTerm'], { ...on, timeout: 60000 }));
  const speech = file('speech.wav');
  must('espeak-ng', run('espeak-ng', ['-w', speech, '-s', '150',
    'Loquat carries this sentence from one end of a call to the other. It is spoken by a machine, and heard by a machine, and the two must agree. Seven ships sailed slowly south.']));
  const ffmpeg = start('ffmpeg', ['-v', 'error', '-y', '-f', 'x11grab', '-draw_mouse', '1', '-framerate', String(FPS), '-video_size', `${W}x${H}`, '-i', display, '-i', speech,
    '-t', String(SECONDS), '-map', '0:v', '-map', '1:a', '-af', `apad=whole_dur=${SECONDS}`, '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '12', '-pix_fmt', 'yuv420p',
    '-c:a', 'flac', clip], on);
  let running = true;
  ffmpeg.ended.then(() => { running = false; });
  for (let i = 0; running; i++) {
    const x = Math.round(40 + 35 * Math.sin(i / 5)), y = Math.round(30 + 25 * Math.cos(i / 7));
    await start('xdotool', ['search', '--class', 'XClock', 'windowmove', String(x), String(y), 'mousemove', String(300 + x), String(100 + y)], on).ended;
  }
  ok((await ffmpeg.ended).code === 0, 'a desktop with moving windows and speech was recorded', ffmpeg.log);
  await xvfb.stop();
}

function raw(input, out, kind) {
  const args = kind === 'video' ? ['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'yuv420p'] : ['-map', '0:a', '-ac', '1', '-ar', String(RATE), '-f', 'f32le'];
  must('ffmpeg', run('ffmpeg', ['-v', 'error', '-y', '-i', input, ...args, out]));
}

function compare(out, name, clip) {
  const received = path.join(out, `${name}.mkv`);
  for (const kind of ['video', 'audio']) {
    raw(clip, file(`source.${kind}`), kind);
    raw(received, file(`received.${kind}`), kind);
  }
  const program = path.join(build, 'tests/tools/compare');
  const v = run(program, ['video', file('source.video'), file('received.video'), String(W), String(H)]);
  const a = run(program, ['audio', file('source.audio'), file('received.audio'), String(RATE)]);
  console.log(`# ${name}: ${v.out.trim()}; ${a.out.trim()}`);
  const ssim = Number((/ ssim ([\d.]+)/.exec(v.out) || [])[1]), pairs = Number((/pairs (\d+)/.exec(v.out) || [])[1]);
  const correlation = Number((/correlation ([-\d.]+)/.exec(a.out) || [])[1]);
  ok(pairs > 5 * FPS, `${name}: received pictures are paired with the source's by their bar code`, v.out + v.err);
  ok(ssim > 0.9, `${name}: the pictures look like the source's`, v.out);
  ok(correlation > 0.7, `${name}: the speech is the source's`, a.out + a.err);
}

main(async () => {
  have('Xvfb', 'xclock', 'xeyes', 'xterm', 'xdotool', 'espeak-ng', 'ffmpeg');
  const clip = file('desktop.mkv'), out = file('out');
  await record(clip);
  const r = run('loquat', ['demo', '--headless', '--input', clip, '--seconds', String(SECONDS + 4), '--out', out]);
  if (!ok(r.status === 0, 'the demo with --input exits with 0', r.out + r.err))
    return;
  const stats = JSON.parse(fs.readFileSync(path.join(out, 'stats.json'), 'utf8')).participants;
  ok(stats.bob.latency_ms && stats.bob.latency_ms.p50 > 0, 'the latency of real input is measured, too', JSON.stringify(stats.bob));
  compare(out, 'bob', clip);
});

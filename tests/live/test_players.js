// HLS by hls.js, DASH by dash.js and a recording, in headless Chromium: it plays from the middle of a live window, goes on when the segments it began with are gone, and
// from the first segment of a full list; picture and sound are ours.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { SKIP, ok, start, top, main } = require('../tools/harness.js');
const browser = require('../interop/browser.js');
const { file, profile, profiles } = require('./live.js');

const modules = path.join(top, 'tests/interop/node_modules');
const fixed = { '/': path.join(top, 'tests/live/player.html'), '/hls.js': `${modules}/hls.js/dist/hls.min.js`, '/dash.js': `${modules}/dashjs/dist/modern/umd/dash.all.min.js` };
const types = { '.html': 'text/html', '.js': 'text/javascript', '.m3u8': 'application/vnd.apple.mpegurl', '.mpd': 'application/dash+xml', '.ts': 'video/mp2t' };

// A server of files that knows nothing of media.
async function serve(folder) {
  const server = http.createServer((request, response) => {
    const name = new URL(request.url, 'http://x').pathname, where = fixed[name] || path.join(folder, path.normalize(name));
    fs.readFile(where, (error, bytes) => {
      response.writeHead(error ? 404 : 200, { 'content-type': types[path.extname(where)] || 'video/mp4', 'cache-control': 'no-store' });
      response.end(bytes);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, close: () => server.close() };
}

async function until(condition, what, ms = 60000) {
  for (const end = Date.now() + ms; !condition();) {
    if (Date.now() > end)
      throw new Error(`it never came to that: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Opens the player; `page.seen()` is what it has seen and heard so far.
async function player(chromium, port, what) {
  const page = await (await chromium.newContext()).newPage();
  page.on('pageerror', (e) => console.error(`${what}: ${e}`));
  await page.goto(`http://127.0.0.1:${port}/?play=${what}`);
  page.seen = () => page.evaluate(() => ({ ...window.seen, time: document.querySelector('video').currentTime }));
  page.sees = (wanted, argument) => page.waitForFunction(wanted, argument, { timeout: 60000, polling: 100 }).catch(async (e) => { throw new Error(`${what}: ${e.message} ${wanted}: ${JSON.stringify({ ...await page.seen(), frames: [] })}`); });
  return page;
}

const sequence = (list) => Number((fs.existsSync(list) && fs.readFileSync(list, 'utf8').match(/MEDIA-SEQUENCE:(\d+)/) || [])[1] || 0);
const brief = (s) => JSON.stringify({ ...s, frames: [s.frames.length, s.frames[0], s.frames.at(-1)] });

const median = (v) => v.sort((x, y) => x - y)[Math.floor(v.length / 2)];

// The bar code says when a picture was made. A busy page may draw a later picture than the one whose time it is told, but the two clocks keep their distance.
function check(name, s) {
  const offsets = s.frames.map((f) => f.ms - 1000 * f.mediaTime), half = offsets.length / 2, moved = median(offsets.slice(half)) - median(offsets.slice(0, half));
  const errors = s.errors.filter((e) => !/^(buffer(Stalled|Nudge|SeekOverHole|AppendNoProgress)|aborted)/.test(e)); // a busy machine stalls
  ok(s.fatal === null && errors.length === 0, `${name}: the player complains of nothing`, brief(s));
  ok(s.frames.length > 20 && s.frames.every((f, i) => !i || f.frame >= s.frames[i - 1].frame), `${name}: the pictures come in order`, brief(s));
  ok(Math.abs(moved) < 40, `${name}: each at its time`, `${moved} ms: ${brief(s)}`);
  ok(s.flashes > 0 && s.peak > 0.1, `${name}: the flash is seen and the sound is heard`, brief(s));
}

// From the middle of the live window, until what it began with is no longer there.
async function live(chromium, port, folder, url, name) {
  const page = await player(chromium, port, url);
  await page.sees(() => window.seen.fragments.length > 0 && window.seen.frames.length > 20);
  const begun = await page.seen(), first = path.join(folder, path.dirname(url), begun.fragments[0]);
  await until(() => !fs.existsSync(first), `${first} is deleted`);
  await page.sees(([frame, time]) => window.seen.frames.at(-1).frame > frame + 60 && document.querySelector('video').currentTime > time + 2 && window.seen.flashes > 1, [begun.frames.at(-1).frame, begun.time]);
  const s = await page.seen();
  check(name, s);
  ok(s.frames[0].frame > 60, `${name}: it starts in the middle of what there was`, brief(s));
  await page.close();
}

// From the beginning, while the list grows; then a jump back to it.
async function whole(chromium, port, url, name) {
  const page = await player(chromium, port, url);
  await page.sees(() => window.seen.frames.length > 20);
  await page.evaluate(() => { window.before = window.seen.frames; window.seen.frames = []; document.querySelector('video').currentTime = 0; });
  await page.sees(() => window.seen.frames.length > 60 && window.seen.flashes > 1 && document.querySelector('video').currentTime > 2);
  const s = await page.seen();
  s.frames = s.frames.filter((f) => f.mediaTime < 30); // the last picture before the jump may still be shown
  while (s.frames.length && s.frames[0].frame > s.frames.at(-1).frame)
    s.frames.shift();
  check(name, s);
  ok(s.frames[0].frame < 30, `${name}: all is there from the first segment on`, brief(s));
  await page.close();
}

// A recorder is killed: the file plays up to the end of what there is.
async function killed(chromium, port, folder) {
  const name = 'killed.mp4', p = start('loquat', ['run', profile('transport.file', { url: `${folder}/${name}` }, { size: '320x180' })]);
  await until(() => fs.existsSync(`${folder}/${name}`) && fs.statSync(`${folder}/${name}`).size > 400000, 'some seconds are recorded');
  p.kill('SIGKILL');
  await p.ended;
  const page = await player(chromium, port, name);
  await page.sees(() => document.querySelector('video').ended);
  const s = await page.seen();
  ok(s.fatal === null && s.errors.length === 0 && s.peak > 0.1, 'a killed recording: it is seen and heard', brief(s));
  ok(s.time > 2 && s.frames.at(-1).mediaTime > s.time - 1, 'a killed recording: it plays to its end', brief(s));
  await page.close();
}

main(async () => {
  const tools = browser.requirements();
  if (!fs.existsSync(fixed['/hls.js']) || !fs.existsSync(fixed['/dash.js'])) {
    console.log('skipped: hls.js or dash.js is not installed: run npm ci in tests/interop');
    process.exit(SKIP);
  }
  const folder = file('www'), beat = { segment: 1000, window: 5 };
  const outs = {
    fmp4: { use: 'transport.hls', params: { ...beat } },
    ts: { use: 'transport.hls', params: { ...beat, segment_type: 'ts' } },
    opus: { use: 'transport.hls', params: { ...beat }, audio: 'codec.opus.enc' },
    all: { use: 'transport.hls', params: { segment: 1000, window: 0 } },
    dash: { use: 'transport.dash', params: { ...beat } },
  };
  for (const [name, out] of Object.entries(outs)) {
    fs.mkdirSync(`${folder}/${name}`, { recursive: true });
    out.params.url = `${folder}/${name}/show.${name === 'dash' ? 'mpd' : 'm3u8'}`;
  }
  const server = await serve(folder), chromium = await browser.launch(tools);
  const sender = start('loquat', ['run', profiles(outs, { size: '320x180', more: { venc: { key_interval: 1 } } }), '--stats']);
  await until(() => sequence(outs.fmp4.params.url) >= 1, 'the window moves on').catch((e) => { throw new Error(`${e.message}: ${sender.log}`); });
  await Promise.all([
    live(chromium, server.port, folder, 'dash/show.mpd', 'DASH, live window'),
    whole(chromium, server.port, 'all/show.m3u8', 'HLS, fMP4, full list'),
    killed(chromium, server.port, folder),
  ]);
  await Promise.all([
    live(chromium, server.port, folder, 'fmp4/show.m3u8', 'HLS, fMP4, live window'),
    live(chromium, server.port, folder, 'ts/show.m3u8', 'HLS, TS, live window'),
    live(chromium, server.port, folder, 'opus/show.m3u8', 'HLS, fMP4 with Opus, live window'),
  ]);
  await chromium.close();
  const end = await sender.stop();
  ok(end.code === 0 && !/WARNING|ERROR/.test(sender.log), 'the broadcast ran without trouble', sender.log.slice(-2000));
  server.close();
});

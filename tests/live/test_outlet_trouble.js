// What outlets do when things go wrong: servers that refuse, vanish, or take less than the media needs; full disks; a process that is killed.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { ok, run, start, have, main, sanitized } = require('../tools/harness.js');
const { file, port, profile, broadcast, stat, examine, rtmpServer, haveNginx, link, resident } = require('./live.js');

const LONG = Boolean(process.env.LIVE_SECONDS), OUTAGE = LONG ? 10 : 4, SLOW = LONG ? 20 : 6, KILLS = LONG ? 10 : 2; // s; bench/broadcast.js takes longer
const rtmp = (url, more = {}) => profile('transport.rtmp', { url, ...more });

// A run that must fail, and say why.
async function refused(name, profileName, expected, args = []) {
  const r = await broadcast(profileName, 20, args);
  ok(r.code === 1 && expected.test(r.log), name, r.log.slice(0, 1000));
}

// A shell's command, without holding up the other tests.
async function shell(command) {
  const p = start('unshare', ['-rm', 'sh', '-c', command]);
  await p.ended;
  return p.log;
}

async function bad_input() {
  const give_up = { give_up: 1, timeout: 1000 };
  await refused('RTMP: nobody listens', rtmp('rtmp://127.0.0.1:9/live/secret-key', give_up), /rtmp:\/\/127\.0\.0\.1:9\/live\/: nobody listens there; given up/);
  await refused('RTMP: no such host', rtmp('rtmp://no-such-host.invalid/live/secret-key', give_up), /there is no host of this name; given up/);
  await refused('SRT: nobody listens', profile('transport.srt', { url: 'srt://127.0.0.1:9', ...give_up }), /srt:\/\/127\.0\.0\.1:9: .*; given up/);
  await refused('a URL of another kind', rtmp('http://127.0.0.1/live'), /no URL for RTMP, which looks like rtmp:\/\/host\/application\/key/);
  await refused('a folder that is not there', profile('transport.hls', { url: file('nowhere/a.m3u8') }), /nowhere\/a\.m3u8: the folder .*nowhere does not exist/);
  await refused('a name without a container', profile('transport.file', { url: file('a.xyz') }), /a\.xyz: for a file the name ends in \.mp4 \.mkv \.webm \.flv \.ts/);
  await refused('a codec that the container does not carry', profile('transport.rtmp', { url: 'rtmp://127.0.0.1:9/live/x' }, { audio: 'codec.opus.enc' }),
    /(?=[\s\S]*audio\/opus)(?=[\s\S]*audio\/aac)/);
  await refused('more tracks than RTMP has', profile('transport.rtmp', { url: 'rtmp://127.0.0.1:9/live/x' },
    { chains: [['cam', 'venc', 'out.video'], ['venc', 'out.video'], ['mic', 'aenc', 'out.audio']] }), /RTMP carries at most 1 video track/);
  const secret = await broadcast(rtmp('rtmp://127.0.0.1:9/live/secret-key'), 1);
  ok(!secret.log.includes('secret-key'), 'the stream key is in no message', secret.log);
}

// A server that takes the connection and says nothing.
async function silence() {
  const server = net.createServer(() => {});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await refused('RTMP: no answer', rtmp(`rtmp://127.0.0.1:${server.address().port}/live/x`, { timeout: 500, give_up: 1 }), /nobody answers; given up/);
  server.close();
}

async function refusals(p) {
  await refused('RTMP: an application that is not there', rtmp(`rtmp://127.0.0.1:${p}/nothing/x`, { give_up: 1 }), /\/nothing\/: the server has refused the stream; check the application and the stream key; given up/);
  await refused('RTMP: a wrong stream key', rtmp(`rtmp://127.0.0.1:${p}/keyed/wrong`, { give_up: 1 }), /\/keyed\/: the server has refused the stream; check the application and the stream key; given up/);
  await refused('RTMP: publishing is not allowed', rtmp(`rtmp://127.0.0.1:${p}/closed/x`, { give_up: 1 }), /\/closed\/: .*check the application and the stream key; given up/);
  const good = await broadcast(rtmp(`rtmp://127.0.0.1:${p}/keyed/good`), 3);
  ok(good.code === 0 && good.stat('packetsSent') > 50 && good.stat('failures') === 0, 'RTMP: the right stream key is taken', good.log.slice(0, 500));
}

// The server stops for some seconds and comes back: publishing goes on by itself, at a key frame, and what was lost is counted and told.
async function restart(name) {
  const p = await port(), http = await port();
  let server = await rtmpServer(p, http);
  const sender = start('loquat', ['run', rtmp(`rtmp://127.0.0.1:${p}/live/show`, { retry: 1000 }), '--stats', '--seconds', String(OUTAGE + 12)]);
  await until(() => server.recordings().length && fs.statSync(server.recordings()[0]).size > 300000);
  await server.process.stop();
  await sender.line((l) => /trying again/.test(l));
  await new Promise((resolve) => setTimeout(resolve, 1000 * OUTAGE)); // the outage itself
  server = await rtmpServer(p, http);
  await sender.ended;
  await server.process.stop();
  const s = stat(sender), seen = server.recordings().length ? await examine(server.recordings()[0]) : {};
  ok(s('connections') === 2 && s('packetsDropped') > 50 && s('groupsDropped') >= 1, `${name}: connected again, the loss counted`, sender.log.slice(-2500));
  ok(seen.video && seen.video.last - seen.video.first > 2 && seen.video.back === 0 && seen.audio.back === 0 && Math.abs(seen.skew_ms) <= 40, `${name}: what came after it plays, in step`, JSON.stringify(seen));
}

async function until(condition, ms = 30000) {
  for (const end = Date.now() + ms; !condition();) {
    if (Date.now() > end)
      throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// For some seconds the link takes half of what the media needs; sanitizers slow an encoder down, so it gets less to do.
async function slow() {
  const p = await port(), http = await port(), server = await rtmpServer(p, http), l = await link(p), bitrate = sanitized ? 1000000 : 4000000;
  const sender = start('loquat', ['run', profile('transport.rtmp', { url: `rtmp://127.0.0.1:${l.port}/live/show`, buffer: 1000 },
    { bitrate, size: sanitized ? '320x180' : '640x360', more: { cam: { pattern: 'noise', flash: true } } }), '--stats', '--seconds', String(SLOW + 20)]);
  await until(() => l.passed > bitrate / 4);
  const before = resident(sender.pid);
  l.rate = bitrate / 8 / 2;
  await sender.line((l2) => /takes less than the media needs/.test(l2), 30000);
  await new Promise((resolve) => setTimeout(resolve, 1000 * SLOW)); // the time with the slow link
  const after = resident(sender.pid);
  l.rate = Infinity;
  await sender.ended;
  await server.process.stop();
  l.close();
  const s = stat(sender), seen = await examine(server.recordings()[0]), text = JSON.stringify(seen);
  ok(s('connections') === 1 && s('groupsDropped') >= 1 && s('packetsDropped') > (sanitized ? 5 : 30), 'a slow link: whole groups of pictures are dropped and counted', sender.log.slice(-2500));
  ok(seen.video.back === 0 && seen.audio.back === 0 && seen.video.last > (sanitized ? 10 : 15), 'a slow link: the stream goes on, no timestamp goes back', text);
  ok(seen.pairs >= (sanitized ? 2 : 8) && Math.max(Math.abs(seen.skew_min_ms), Math.abs(seen.skew_max_ms)) <= 40, 'a slow link: picture and sound stay in step', text);
  ok(seen.audio.gap < (sanitized ? 10 : 3), 'a slow link: sound goes on', text);
  ok(sanitized || after - before < 16384, 'a slow link: memory stays flat', `${before} KiB, then ${after}`);
  const decoded = run('ffmpeg', ['-v', 'error', '-i', server.recordings()[0], '-f', 'null', '-']);
  ok(decoded.err === '', 'a slow link: no picture is there without what it builds on', decoded.err.slice(0, 500));
}

// A picture of another size begins another file, and none that is there already is written over.
async function another_size() {
  const name = file('sizes.mkv'), taken = file('sizes-2.mkv'), next = file('sizes-3.mkv');
  const env = { ...process.env, XDG_RUNTIME_DIR: fs.mkdtempSync(file('control-')) };
  fs.writeFileSync(taken, 'of somebody else');
  const p = start('loquat', ['run', profile('transport.file', { url: name }, { audio: 'codec.opus.enc' })], { env });
  await until(() => fs.existsSync(name) && fs.statSync(name).size > 50000);
  const r = run('loquat', ['ctl', 'set', 'cam', 'size', '320x180'], { env });
  await until(() => fs.existsSync(next) && fs.statSync(next).size > 20000);
  await p.stop();
  const [before, after] = await Promise.all([examine(name), examine(next)]), text = JSON.stringify([r, before, after]);
  ok(before.video && before.video.width === 640 && after.video && after.video.width === 320, 'a picture of another size begins another file', text);
  ok(fs.readFileSync(taken, 'utf8') === 'of somebody else', 'a file that was there is not written over');
}

// A link that takes nothing does not hold up the end.
async function stalled() {
  const p = await port(), http = await port(), server = await rtmpServer(p, http), l = await link(p);
  const sender = start('loquat', ['run', profile('transport.rtmp', { url: `rtmp://127.0.0.1:${l.port}/live/show` }, { bitrate: 8000000, more: { cam: { pattern: 'noise' } } })]);
  await until(() => l.passed > 500000);
  l.rate = 1;
  await sender.line((line) => /takes less than the media needs/.test(line), 30000);
  const began = Date.now();
  sender.kill('SIGTERM');
  await sender.ended;
  ok(Date.now() - began < 5000, 'a stalled link does not hold up the end', `${Date.now() - began} ms`);
  l.close();
  await server.process.stop();
}

// Killed at random moments: the file plays up to at most a second before.
async function killed(ending, n) {
  for (let i = 0; i < n; i++) {
    const name = file(`killed-${i}.${ending}`), began = Date.now();
    const p = start('loquat', ['run', profile('transport.file', { url: name }, { audio: /mkv|webm/.test(ending) ? 'codec.opus.enc' : 'codec.aac.enc', video: ending === 'webm' ? 'codec.vp8.enc' : 'codec.h264.enc' })]);
    await until(() => fs.existsSync(name) && fs.statSync(name).size > 50000);
    const from = (Date.now() - began) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 2000));
    p.kill('SIGKILL');
    const lived = (Date.now() - began) / 1000;
    await p.ended;
    const seen = await examine(name), text = `${JSON.stringify(seen)} after ${lived} s, ${from} s to begin`;
    ok(seen.video && seen.audio && seen.video.back === 0, `.${ending}: a killed recorder's file can be opened`, text);
    const bad = run('ffmpeg', ['-v', 'error', '-i', name, '-f', 'null', '-']).err.split('\n').filter((l) => l && !/truncated|Truncat|partial|Packet corrupt|end of file|corrupt input packet/i.test(l));
    ok(bad.length <= 2, `.${ending}: a player decodes it, but for the cut end`, bad.join('; '));
    ok(seen.video && seen.video.frames > 0 && lived - from - seen.video.last < 1 && lived - from - seen.audio.last < 1, `.${ending}: at most a second is missing`, text);
  }
}

// A disk of two megabytes, or at least one that is full from the start.
async function disk_full() {
  const name = file('full.mkv');
  fs.symlinkSync('/dev/full', name);
  const r = await broadcast(profile('transport.file', { url: name }, { audio: 'codec.opus.enc' }), 20);
  ok(r.code === 1 && /full\.mkv: no space is left on the disk: recording has stopped/.test(r.log), 'a full disk is told', r.log.slice(0, 800));
  const disk = file('disk');
  fs.mkdirSync(disk);
  if (run('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', disk]).status !== 0)
    return console.log('skipped: no small disk can be made here');
  for (const ending of ['mp4', 'mkv', 'flv', 'ts']) {
    const p = profile('transport.file', { url: `${disk}/show.${ending}` }, { bitrate: 2000000, more: { cam: { pattern: 'noise' } } });
    const out = file(`from-disk.${ending}`);
    const log = await shell(`mount -t tmpfs -o size=2m none ${disk} && { loquat run ${p} --seconds 30; cp ${disk}/show.${ending} ${out}; }`);
    const seen = await examine(out);
    ok(/no space is left on the disk: recording has stopped; what was written so far can be played/.test(log), `.${ending}: a disk that fills up is told`, log);
    ok(seen.video && seen.video.last > 2, `.${ending}: what was written before plays`, JSON.stringify(seen));
  }
}

// HLS goes on when there is room again.
async function disk_full_hls() {
  const disk = file('hls-disk');
  fs.mkdirSync(disk);
  if (run('unshare', ['-rm', 'true']).status !== 0)
    return;
  const p = profile('transport.hls', { url: `${disk}/show.m3u8`, window: 2, segment: 1000, retry: 500 }, { more: { venc: { key_interval: 1 } } });
  const log = await shell(`mount -t tmpfs -o size=2m none ${disk} && { loquat run ${p} --seconds 14 --stats & pid=$!; ` +
    `while ! [ -s ${disk}/show.m3u8 ]; do read -t 0.1 x < /dev/zero; done 2>/dev/null; head -c 4m /dev/zero > ${disk}/hog; ` +
    `sleep 4; rm ${disk}/hog; wait $pid; cat ${disk}/show.m3u8; }`);
  ok(/no space is left on the disk; trying again/.test(log), 'HLS: a full disk is told', log.slice(0, 1500));
  ok(/out +0 +connections +[2-9]/.test(log) && /#EXTINF:1\.[\s\S]*#EXTINF/.test(log), 'HLS: it goes on when there is room again', log.slice(-600));
}

main(async () => {
  have('ffmpeg', 'srt-live-transmit');
  const jobs = [bad_input(), silence(), killed('mp4', KILLS), killed('mkv', KILLS), killed('flv', KILLS), killed('ts', KILLS), killed('webm', KILLS), another_size(), disk_full(), disk_full_hls()];
  if (haveNginx()) {
    const p = await port(), http = await port(), server = await rtmpServer(p, http);
    await Promise.all([...jobs, refusals(p).then(() => server.process.stop())]);
    await Promise.all([restart('a server that comes back'), slow(), stalled()]);
  } else {
    console.log('skipped: nginx with RTMP is not installed');
    await Promise.all(jobs);
  }
});

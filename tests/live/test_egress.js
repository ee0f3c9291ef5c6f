// Egress tasks for real: loquatd starts `loquat broadcast`, nginx gets the mix, it is changed, killed, comes back, and ends; what is wrong is told.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { top, ok, run, start, server, have, main } = require('../tools/harness.js');
const { file, port, examine, rtmpServer, haveNginx } = require('./live.js');
const { Client } = require('../server/ws.js');

const SIZE = '320x180';

function ask(at, method, where, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) };
    const request = http.request({ port: at, host: '127.0.0.1', method, path: `/v1/rooms/${where}`, headers, agent: false }, (r) => {
      let answer = '';
      r.on('data', (d) => { answer += d; });
      r.on('end', () => resolve({ status: r.statusCode, body: answer ? JSON.parse(answer) : answer }));
    });
    request.on('error', reject);
    request.end(text);
  });
}

// Asks until it is so.
async function until(what, fn, seconds = 40) {
  let v;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((r) => setTimeout(r, 100)))
    if ((v = await fn()))
      return v;
  throw new Error(`no ${what} within ${seconds} s`);
}

// The colour of the lower right corner, "r,g,b", of the last picture of a file; whether it is nearly that one.
function corner(name) {
  const [w, h] = SIZE.split('x').map(Number);
  const r = run('sh', ['-c', `ffmpeg -v error -i '${name}' -an -vf 'crop=8:8:${w - 8}:${h - 8},scale=1:1,format=rgb24' -f rawvideo - | tail -c 3 | od -An -tu1`]);
  return r.out.trim().split(/\s+/).map(Number);
}
const isRed = ([r, g, b]) => r > 180 && g < 80 && b < 80;

// Processes of a server, zombies apart.
const children = (pid) => fs.readdirSync('/proc').filter((p) => /^\d+$/.test(p)).filter((p) => {
  try {
    const [state, parent] = fs.readFileSync(`/proc/${p}/stat`, 'utf8').split(') ').pop().split(' ');
    return parent === String(pid) && state !== 'Z';
  } catch { return false; }
}).map(Number);
const alive = (pid) => { try { return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()[0] !== 'Z'; } catch { return false; } };

// A loquatd with two hosts in the room, and a member that hears what everybody is told.
async function scene(dir, room) {
  const s = await server(['--debug', '--egress-dir', dir]);
  const hosts = ['ann', 'bob'].map((user) => start('loquat', ['join', '--server', s.url, '--room', room, '--user', user, '--headless', '--size', SIZE, '--fps', '15']));
  const eve = await Client.connect(s.port);
  await eve.join(room, 'eve', { role: 'audience' });
  await until('hosts with picture and sound', async () => (await ask(s.port, 'GET', `${room}/members`)).body.members.filter((m) => m.tracks.length === 2).length === 2);
  await eve.request({ type: 'ping' });
  eve.inbox.length = 0; // what was said until now is of the hosts' coming
  const state = (task, wanted) => eve.next((m) => m.type === 'egress' && m.task === task && m.state === wanted, 40);
  const begin = async (spec) => {
    const r = await ask(s.port, 'POST', `${room}/egress`, { size: SIZE, fps: 15, ...spec });
    if (r.status !== 201)
      throw new Error(JSON.stringify(r));
    return r.body.task;
  };
  const task = async (id) => (await ask(s.port, 'GET', `${room}/egress/${id}`)).body;
  return { s, hosts, eve, state, begin, task };
}

async function life(nginx, rtmp) {
  const dir = fs.mkdtempSync(file('egress-')), { s, hosts, eve, state, begin, task } = await scene(dir, 'show');
  const id = await begin({ to: [`rtmp://127.0.0.1:${rtmp}/live/topsecretkey`, 'show.m3u8'], record: ['show.mkv'] });
  await state(id, 'running');
  await until('media at all targets', async () => (await task(id)).figures?.targets.every((t) => t.bytesSent > 20000));
  ok((await task(id)).targets.every((t) => t.state === 'running'), 'a task runs and says so of its targets', JSON.stringify(await task(id)));
  const layout = { layout: 'regions', background: '#ff0000', regions: [{ input: 'ann', x: 0, y: 0, w: 160, h: 90 }] };
  const changed = await ask(s.port, 'POST', `show/egress/${id}/layout`, { layout });
  ok(changed.status === 204, 'its layout is changed over HTTP', JSON.stringify(changed));
  const nobody = await ask(s.port, 'POST', `show/egress/${id}/layout`, { layout: { layout: 'speaker', speaker: 'zoe' } });
  ok(nobody.status === 404 && /nobody called "zoe"/.test(nobody.body.message), 'a layout that names nobody is refused with what the task says', JSON.stringify(nobody));
  const sent = (await task(id)).figures.targets[0].bytesSent;
  await until('more media', async () => (await task(id)).figures.targets[0].bytesSent > sent + 20000);
  const list = path.join(dir, 'show.m3u8'), segments = () => (fs.existsSync(list) ? fs.readFileSync(list, 'utf8').match(/\n[^#\n]+(?=\n)/g) || [] : []).map((l) => l.trim());
  await until('segments of HLS', () => segments().length >= 2);
  const before = segments(), [pid] = children(s.process.pid);
  const cmdline = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  ok(!/topsecret|rtmp|show/.test(cmdline), 'neither target nor key are in its command line', cmdline);
  process.kill(pid, 'SIGKILL');
  const killed = await state(id, 'restarting');
  ok(killed.code === 'ECRASH' && /killed by signal 9/.test(killed.text), 'a killed task says so', JSON.stringify(killed));
  await state(id, 'running');
  await until('media after it', async () => { const t = await task(id); return t.restarts === 1 && t.figures?.seconds > 2.5 && t.figures.targets.every((f) => f.bytesSent > 20000); });
  const stopped = await ask(s.port, 'DELETE', `show/egress/${id}`);
  const ended = await state(id, 'ended');
  ok(stopped.status === 204 && !ended.code, 'and ends when it is to', JSON.stringify([stopped, ended]));
  await eve.request({ type: 'ping' });
  const others = eve.inbox.filter((m) => m.seq && m.type !== 'egress');
  ok(!others.length && !eve.inbox.some((m) => m.user?.startsWith('egress')), 'the room hears of nothing else', JSON.stringify(others));
  ok(!JSON.stringify(eve.inbox).includes('topsecret') && !s.process.log.includes('topsecret'), 'no event and no log has the key');
  await nginx.process.stop(); // its recordings are complete
  const text = fs.readFileSync(list, 'utf8'), all = segments();
  ok(/#EXT-X-DISCONTINUITY\n/.test(text) && /#EXT-X-ENDLIST/.test(text) && before.every((f) => all.filter((g) => g === f).length === 1) && new Set(all).size === all.length && all.length > before.length,
    'HLS goes on where the killed task was', text);
  const whole = await examine(list);
  ok(whole.video?.codec === 'h264' && whole.video.frames > 15 * 4, 'and plays to its end', JSON.stringify(whole));
  const flvs = nginx.recordings(), files = ['show.mkv', 'show-2.mkv'].map((f) => path.join(dir, f));
  ok(flvs.length === 2, 'nginx has got both parts', flvs.join());
  for (const f of [...flvs, ...files]) {
    const seen = fs.existsSync(f) ? await examine(f) : {}, v = seen.video ?? {}, a = seen.audio ?? {};
    ok(v.codec === 'h264' && a.codec === 'aac' && `${v.width}x${v.height}` === SIZE && v.back === 0 && a.back === 0 && v.last - v.first > 1, `${path.basename(f)} plays`, JSON.stringify(seen));
    ok(isRed(corner(f)), `${path.basename(f)} ends with the new layout`, corner(f).join());
  }
  ok(hosts.every((h) => h.exitCode === null), 'the hosts go on', hosts.map((h) => h.log.slice(-300)).join());
  return s;
}

async function limits(s) {
  const eve = await Client.connect(s.port);
  await eve.join('show', 'eve', { role: 'audience' });
  const spec = (i) => ({ record: [`many/${i}.mkv`], size: '64x64', fps: 2, bitrate: 50000 });
  const made = [];
  for (let i = 0; i < 6; i++)
    made.push(await ask(s.port, 'POST', 'show/egress', spec(i)));
  const seventh = await ask(s.port, 'POST', 'show/egress', spec(7));
  ok(made.every((m) => m.status === 201) && seventh.status === 503 && seventh.body.code === 'EFULL' && /has 6 tasks/.test(seventh.body.message), 'six tasks, and not a seventh', JSON.stringify(seventh));
  await Promise.all(made.map((m) => eve.next((e) => e.type === 'egress' && e.task === m.body.task && e.state === 'running', 60)));
  const pids = children(s.process.pid);
  ok(pids.length === 6, 'each is a process', pids.join());
  s.process.kill('SIGKILL');
  await until('end of the processes', () => !pids.some(alive));
  ok(true, 'no process is left when loquatd is killed');
}

async function trouble(rtmp) {
  const dir = fs.mkdtempSync(file('egress-')), { s, eve, state, begin, task } = await scene(dir, 'trouble');
  const wrong = await begin({ to: [`rtmp://127.0.0.1:${rtmp}/keyed/badkey`], give_up: 3 });
  const lost = await begin({ to: ['rtmp://127.0.0.1:1/live/key'], record: ['kept.mkv'], give_up: 2 });
  const failed = await state(wrong, 'failed');
  ok(failed.code === 'EPERM' && /key/.test(failed.text) && !/badkey|:\/\//.test(failed.text), 'a wrong key fails for good, with the cause', JSON.stringify(failed));
  ok((await task(wrong)).restarts === 0, 'and is not started again');
  await until('failure of one target', async () => (await task(lost)).targets[0].state === 'failed');
  const half = await task(lost);
  ok(half.state === 'running' && half.code === 'ECONN' && half.targets[1].state === 'running', 'a target that is lost does not end the other', JSON.stringify(half));
  eve.close();
  for (const user of ['ann', 'bob'])
    await ask(s.port, 'DELETE', `trouble/members/${user}`);
  await until('end of the room', async () => (await ask(s.port, 'GET', 'trouble')).status === 404);
  await until('end of its tasks', () => !children(s.process.pid).length);
  const kept = await examine(path.join(dir, 'kept.mkv'));
  ok(kept.video?.frames > 10, 'tasks end with their room, and their files are complete', JSON.stringify(kept));
  ok((await s.process.stop()).code === 0, 'the server ends as it should');
}

// The same by a page.
async function page() {
  let browser;
  try {
    const b = require('../interop/browser.js');
    browser = await b.launch({ chromium: ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((f) => fs.existsSync(f)), playwright: require(path.join(top, 'tests/interop/node_modules/playwright-core')) });
  } catch {
    return console.log('skipped: no Chromium or no playwright');
  }
  const dir = fs.mkdtempSync(file('egress-')), s = await server(['--debug', '--egress-dir', dir]);
  const p = await browser.newPage();
  await p.goto(`http://127.0.0.1:${s.port}/icon.svg`);
  const seen = await p.evaluate(async () => {
    const { Room } = await import('/loquat.js');
    const room = new Room({ url: `ws://${location.host}`, room: 'page', user: 'ann' }), states = [];
    const state = (wanted) => new Promise((resolve) => room.addEventListener('egress', (e) => { states.push(e.detail); e.detail.state === wanted && resolve(); }));
    await room.join();
    const running = state('running'), task = await room.egressStart({ record: ['page.mkv'], size: '320x180', fps: 15 });
    await running;
    await room.egressLayout(task, 'speaker');
    const refused = await room.egressLayout(task, { layout: 'speaker', speaker: 'zoe' }).catch((e) => e.message);
    const list = await room.egressList(), ended = state('ended');
    await room.egressStop(task);
    await ended;
    return { task, refused, list, all: states.every((e) => e.task === task) };
  });
  ok(/zoe/.test(seen.refused) && seen.list[0].task === seen.task && seen.list[0].layout === 'speaker' && seen.all, 'a page starts, changes and ends a task', JSON.stringify(seen));
  await browser.close();
  await s.process.stop();
}

main(async () => {
  have('ffmpeg');
  if (!haveNginx())
    return ok(true, 'skipped: nginx with RTMP is not installed');
  const rtmp = await port(), rtmp2 = await port();
  const nginx = await rtmpServer(rtmp, await port()), keyed = await rtmpServer(rtmp2, await port());
  await limits(await life(nginx, rtmp));
  await trouble(rtmp2);
  await page();
  await keyed.process.stop();
});

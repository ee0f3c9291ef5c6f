// A room's mix to a WHIP server, beside a file.
'use strict';
const { ok, start, server, run, main } = require('../tools/harness.js');
const { file, examine } = require('./live.js');
const b = require('../interop/browser.js');
const { whipServer, until } = require('./whip.js');

const events = (p) => p.log.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l));

main(async () => {
  const tools = b.requirements(), browser = await b.launch(tools, ['--disable-features=WebRtcHideLocalIpsWithMdns']);
  const s = await server(), w = await whipServer(browser, { token: 'right' });
  const hosts = ['ann', 'bob'].map((user) => start('loquat', ['join', '--server', s.url, '--room', 'show', '--user', user, '--headless', '--seconds', '60', '--status-json']));
  await Promise.all(hosts.map((h) => h.line((l) => l.startsWith('{'))));
  const name = file('mix.mkv');
  const p = start('loquat', ['broadcast', '--server', s.url, '--room', 'show', '--to', w.url('/whip/show').replace('//', '//right@'), '--record', name, '--status-json', '--commands'],
    { stdio: ['pipe', 'pipe', 'pipe'] });
  let last;
  await until(async () => (last = await w.seen('1')) && last.frames > 60 && last.energy > 0, 'the mix at the server').catch(() => {});
  ok(last && last.width === 1280 && last.height === 720 && last.frames > 60 && last.energy > 0 && last.video === 'video/H264', 'a mix arrives by WHIP', `${JSON.stringify(last)} ${p.log.slice(-1500)}`);
  p.stdin.end();
  const end = await p.ended, all = events(p);
  ok(end.code === 0 && w.requests.filter((r) => r.method === 'DELETE').length === 1, 'its session ends with the broadcast', JSON.stringify(w.requests.map((r) => [r.method, r.url])));
  const target = all.filter((e) => e.event === 'target' && e.index === 0).map((e) => e.state).join(' ');
  const figures = all.filter((e) => e.event === 'figures').pop();
  ok(/^(connecting )?running ended$/.test(target) && figures.targets[0].packetsSent > 100 && figures.targets[0].connections === 1, 'its states and figures', `${target} ${JSON.stringify(figures)}`);
  ok(!p.log.includes('right') && !p.log.includes('/whip/show'), 'neither token nor path are told', p.log.slice(0, 500));
  const seen = await examine(name), sound = run('ffprobe', ['-v', 'error', '-select_streams', 'a', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', name]).out.trim();
  ok(seen.video && seen.video.back === 0 && sound === 'aac', 'the file beside it has AAC', JSON.stringify(seen));
  // One member's stream, as it is: its tracks come when the broadcast runs already.
  const one = start('loquat', ['broadcast', '--server', s.url, '--room', 'show', '--user', 'ann', '--to', w.url('/whip/ann').replace('//', '//right@'), '--status-json', '--commands'],
    { stdio: ['pipe', 'pipe', 'pipe'] });
  await until(async () => (last = await w.seen(w.sessions.at(-1))) && last.frames > 30 && last.energy > 0, 'a stream at the server').catch(() => {});
  ok(last && last.width === 640 && last.height === 360 && last.frames > 30 && last.energy > 0 && last.video === 'video/H264', 'a stream as it is arrives by WHIP', `${JSON.stringify(last)} ${one.log.slice(-1500)}`);
  one.stdin.end();
  ok((await one.ended).code === 0 && !w.sessions.length, 'no session is left', JSON.stringify(w.requests.map((r) => [r.method, r.url])));
  for (const h of hosts) h.kill('SIGINT');
  await Promise.all(hosts.map((h) => h.ended));
  await w.close();
  await browser.close();
  await s.process.stop();
});

// WHIP and WHEP against Chromium's WebRTC.
'use strict';
const path = require('node:path');
const { ok, build, start, main } = require('../tools/harness.js');
const fs = require('node:fs');
const { file, port, listening } = require('./live.js');
const b = require('../interop/browser.js');
const { whipServer, until } = require('./whip.js');

const whip = (url, more = []) => start('loquat', ['run', 'test-broadcast', '--graph', 'whip', '--set', `out.url=${url}`, '--stats', ...more]);
const whep = (url, name, more = []) => start('loquat', ['run', 'test-broadcast', '--graph', 'whep', '--set', `in.url=${url}`, '--set', `out.url=${name}`, '--stats', ...more]);
const stat = (p) => (name) => Number((p.log.match(new RegExp(`^whip/out +0 +${name} +(\\S+)`, 'm')) || [])[1]);
const deletes = (s) => s.requests.filter((r) => r.method === 'DELETE').length;

// The servers of all tests live in this process, which must not stand still.
async function output(command, args) {
  const p = start(command, args);
  await p.ended;
  return p.log.trim();
}

async function examine(name) {
  const text = await output(path.join(build, 'tests/live/examine'), [name]);
  try { return JSON.parse(text.replace(/nan/g, 'null')); } catch { return { error: text }; }
}

const size_of = (name) => fs.existsSync(name) ? fs.statSync(name).size : 0;

async function end(p) {
  p.kill('SIGINT');
  return p.ended;
}

// What a session gets: a picture of the right size that goes on, and sound.
async function arrives(s, id, what, { width = 1280, height = 720, video = 'video/H264' } = {}) {
  let last;
  await until(async () => (last = await s.seen(id)) && last.frames > 60 && last.energy > 0.001, `${what}: picture and sound`).catch(() => {});
  const text = JSON.stringify(last);
  ok(last && last.state === 'connected' && last.width === width && last.height === height && last.frames > 60 && last.energy > 0.001 && last.video === video && last.audio === 'audio/opus',
    `${what}: picture and sound arrive`, text);
}

async function publish(browser) {
  const s = await whipServer(browser, { token: 'right' });
  const p = whip(s.url('/whip/show'), ['--set', 'out.token=right']);
  await until(() => s.sessions.length, 'a session');
  await arrives(s, '1', 'WHIP');
  const before = await s.seen('1');
  await until(async () => (await s.seen('1')).frames > before.frames + 60, 'the picture goes on');
  const after = await s.seen('1');
  await end(p);
  ok(after.lost === 0 && deletes(s) === 1 && !s.sessions.length, 'WHIP: the session is ended with the graph', JSON.stringify(s.requests.map((r) => [r.method, r.url])));
  const offer = s.requests[0].body;
  ok((offer.match(/^m=/gm) || []).length === 2 && !/a=recvonly|a=sendrecv|a=inactive/.test(offer) && /a=candidate:.* 127\.0\.0\.1|a=candidate:/.test(offer) && /a=end-of-candidates/.test(offer),
    'WHIP: the offer sends one sound and one picture, with all candidates', offer);
  const f = stat(p);
  ok(f('packetsSent') > 100 && f('connections') === 1 && f('failures') === 0, 'WHIP: figures', p.log.slice(-2500));
  ok(!p.log.includes('right'), 'WHIP: the token is in no message', p.log);
  await s.close();
}

async function play(browser) {
  const s = await whipServer(browser), name = file('whep.mkv');
  const p = whep(s.url('/whep/show'), name);
  await until(() => size_of(name) > 300000, 'a file').catch(() => {});
  await end(p);
  const seen = await examine(name), text = JSON.stringify(seen) + p.log.slice(-2000);
  const size = await output('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', name]);
  ok(seen.video && seen.video.frames > 50 && seen.video.back === 0 && seen.audio && seen.audio.last - seen.audio.first > 3, 'WHEP: picture and sound arrive', text);
  ok(/^h264,(640,360|[0-9]+,[0-9]+)/.test(size), 'WHEP: it is H.264, as was asked', size);
  ok(deletes(s) === 1, 'WHEP: the session is ended with the graph', JSON.stringify(s.requests.map((r) => [r.method, r.url])));
  ok(/a=recvonly/.test(s.requests[0].body) && !/a=sendonly|a=ssrc/.test(s.requests[0].body), 'WHEP: the offer only receives', s.requests[0].body);
  await s.close();
}

// The server wants to offer itself.
async function counter_offer(browser) {
  const s = await whipServer(browser), name = file('counter.mkv');
  const p = whep(s.url('/whep/show?counter=H264'), name);
  await until(() => size_of(name) > 200000, 'a file').catch(() => {});
  await end(p);
  const seen = await examine(name);
  ok(seen.video && seen.video.frames > 30 && seen.audio, 'WHEP: a counter-offer (406) is answered', JSON.stringify(seen) + p.log.slice(-1500));
  const patch = s.requests.find((r) => r.method === 'PATCH');
  ok(patch && patch.headers['if-match'] === '"1"' && /a=recvonly/.test(patch.body), 'WHEP: the answer goes by PATCH, with the ETag', JSON.stringify(patch));
  await s.close();
}

// The server crashes, media and all, and comes back.
async function back_again(browser) {
  const s = await whipServer(browser);
  const p = whip(s.url('/whip/show'), ['--set', 'out.retry=1000']);
  await until(async () => (await s.seen('1'))?.frames > 30, 'a first session');
  await s.stop();
  await p.line((l) => /trying again/.test(l), 30000);
  await p.line((l) => /nobody listens there; trying again/.test(l), 30000);
  await s.start();
  await until(() => s.sessions.length, 'a second session');
  await arrives(s, s.sessions[0], 'WHIP: a server that comes back');
  await end(p);
  const f = stat(p);
  ok(f('connections') === 2 && f('failures') >= 2 && f('packetsDropped') > 30, 'WHIP: connected again, the loss counted', p.log.slice(-2500));
  await s.close();
}

// The server's certificate is one of its own.
async function tls(browser) {
  const key = file('key.pem'), cert = file('cert.pem');
  await output('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']);
  const s = await whipServer(browser, { tls: { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } });
  await refused('WHIP: a certificate that nobody vouches for', s.url('/whip/show'), /https:\/\/127\.0\.0\.1:\d+: the server's certificate cannot be trusted; given up/);
  const p = whip(s.url('/whip/show'), ['--set', `out.ca_file=${cert}`]);
  await until(async () => (await s.seen('1'))?.frames > 10, 'a session by TLS');
  await end(p);
  ok(stat(p)('connections') === 1 && deletes(s) === 1, 'WHIP: by TLS', p.log.slice(-1500));
  await s.close();
}

// A TURN server, given by its name.
async function relay(browser) {
  if (!fs.existsSync('/usr/bin/turnserver'))
    return console.log('skipped: coturn is not installed');
  const p = await port(), s = await whipServer(browser);
  const turn = start('turnserver', ['-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', '-p', String(p), '--lt-cred-mech', '--user=u:p', '--realm=r', '--fingerprint', '--no-tls', '--no-dtls',
    '--no-cli', '--allow-loopback-peers', '--log-file=stdout', `--pidfile=${file('turn.pid')}`]);
  await listening(p);
  const out = whip(s.url('/whip/show'), ['--set', 'out.local_address=127.0.0.1', '--set', `out.ice_servers=stun:localhost:${p} turn:u:p@localhost:${p}`]);
  await until(() => s.sessions.length, 'a session');
  ok(/a=candidate:.* typ relay/.test(s.requests[0].body), 'WHIP: a TURN server gives a candidate', `${s.requests[0].body.match(/a=candidate.*/g)} ${out.log.slice(0, 500)}`);
  await end(out);
  await s.close();
  await turn.stop();
}

async function refused(name, url, expected, more = []) {
  const p = whip(url, ['--set', 'out.give_up=1', '--seconds', '30', ...more]);
  const r = await p.ended;
  ok(r.code === 1 && expected.test(p.log), name, p.log.slice(0, 1200));
  return p;
}

async function refusals(browser) {
  let busy = 0;
  const s = await whipServer(browser, { token: 'right', rules: (q) => {
    if (q.url === '/whip/moved') return { status: 307, headers: { Location: '/whip/show' } };
    if (q.url === '/whip/busy' && !busy++) return { status: 503, headers: { 'Retry-After': '2' }, body: 'all seats are taken\n' };
    if (q.url === '/whip/page') return { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>' };
    if (q.url === '/whip/odd') return { status: 406, body: 'no H.264 here' };
    if (q.url === '/whip/deaf') return { status: 201, headers: { 'Content-Type': 'application/sdp', Location: '/session/none' },
      body: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n' };
    return null;
  } });
  const token = ['--set', 'out.token=right'];
  await Promise.all([
    refused('WHIP: a wrong token', s.url('/whip/show'), /http:\/\/127\.0\.0\.1:\d+: 401 Unauthorized; check the token: who are you\?; given up/, ['--set', 'out.token=wrong-one'])
      .then((p) => ok(!p.log.includes('wrong-one') && !p.log.includes('/whip/show'), 'WHIP: neither token nor path are in a message', p.log)),
    refused('WHIP: a stream that is not there', s.url('/nothing'), /404 Not Found; check the URL: no such stream; given up/, token),
    refused('WHIP: 406', s.url('/whip/odd'), /406 Not Acceptable: no H\.264 here; given up/, token),
    refused('WHIP: a web page', s.url('/whip/page'), /the answer is no description \(SDP\); is this the right URL\?; given up/, token),
    refused('WHIP: an answer without what it needs', s.url('/whip/deaf'), /the server's description cannot be used: a=fingerprint is missing; given up/, token),
    refused('WHIP: nobody listens', 'http://127.0.0.1:9/whip', /http:\/\/127\.0\.0\.1:9: nobody listens there; given up/),
    refused('WHIP: no such host', 'https://no-such-host.invalid/whip', /https:\/\/no-such-host\.invalid: there is no host of this name; given up/),
    refused('WHIP: no TLS there', s.url('/whip/show').replace('http:', 'https:'), /no TLS connection comes about; is it https\?; given up/),
    refused('WHIP: a URL of another kind', 'rtmp://127.0.0.1/live/secret', /rtmp:\/\/127\.0\.0\.1: this is no URL for WHIP, which looks like https:\/\/host\/path/),
    refused('WHIP: a wrong ICE server', s.url('/whip/show'), /ice_servers: at character 16: each looks like stun:host:port or turn:user:secret@host:port/, ['--set', 'out.ice_servers=stun:127.0.0.1 turn:a@b']),
  ]);
  s.requests.length = 0;
  const moved = whip(s.url('/whip/moved'), token), late = whip(s.url('/whip/busy'), token);
  await until(() => s.sessions.length === 2, 'two sessions');
  const [first, second] = s.requests.filter((r) => r.url === '/whip/busy');
  ok(second.at - first.at >= 1900 && /503 Service Unavailable: all seats are taken; trying again in 2\.0 s/.test(late.log), 'WHIP: 503 with Retry-After is told and obeyed', late.log);
  await Promise.all([end(moved), end(late)]);
  ok(deletes(s) === 2, 'WHIP: redirected by 307, and ended', JSON.stringify(s.requests.map((r) => [r.method, r.url])));
  await s.close();
}

main(async () => {
  const tools = b.requirements(), browser = await b.launch(tools, ['--disable-features=WebRtcHideLocalIpsWithMdns']);
  await Promise.all([publish, play, counter_offer, refusals, tls, relay].map((test) => test(browser)));
  await back_again(browser);
  await browser.close();
});

// What goes wrong in a call is told to those who are left, and they go on undisturbed.
'use strict';
const dgram = require('node:dgram');
const crypto = require('node:crypto');
const { ok, run, start, server, main } = require('./harness.js');

const join = (s, user, ...more) => start('loquat', ['join', '--server', s.url, '--room', 'trouble', '--user', user, '--headless', '--status-json', ...more]);
const json = (l) => { try { return JSON.parse(l); } catch { return {}; } };
const frames = (l) => (json(l).video || {}).framesDecoded || 0;
const event = (what, user) => (l) => json(l).event === what && json(l).user === user;

// The count of decoded pictures goes on by `more` from now.
async function goesOn(p, more) {
  const last = Math.max(0, ...p.log.split('\n').map(frames));
  await p.line((l) => frames(l) >= last + more);
  return true;
}

async function killedParticipant() {
  const s = await server();
  const alice = join(s, 'alice'), bob = join(s, 'bob'), carol = join(s, 'carol');
  await Promise.all([alice, bob, carol].map((p) => p.line((l) => frames(l) > 30)));
  bob.kill('SIGKILL');
  const left = await Promise.all([alice, carol].map((p) => p.line(event('left', 'bob'))));
  ok(left.every((l) => json(l).reason === 'timeout'), 'a participant killed with SIGKILL has timed out, for both others', left.join());
  ok(await goesOn(alice, 60) && await goesOn(carol, 60), 'the two others go on seeing each other');
  const ends = await Promise.all([alice, carol].map((p) => p.stop()));
  ok(ends.every((e) => e.code === 0), 'they leave in peace', JSON.stringify(ends));
  ok((await s.process.stop()).code === 0, 'the server ends cleanly on SIGTERM');
}

async function killedServer() {
  const s = await server();
  const alice = join(s, 'alice', '--rejoin', '2'), bob = join(s, 'bob', '--rejoin', '2'), carol = join(s, 'carol');
  await Promise.all([alice, bob, carol].map((p) => p.line((l) => frames(l) > 10)));
  s.process.kill('SIGKILL');
  await carol.line((l) => json(l).event === 'reconnecting');
  const ends = await Promise.all([alice.ended, bob.ended]);
  ok(ends.every((e) => e.code === 1), 'a server that stays away makes clients exit with 1', JSON.stringify(ends));
  ok([alice, bob].every((p) => /the room was lost: connection failed or lost/.test(p.log)), 'and they say why', alice.log.slice(-300));
  const again = await server(['--debug', '--port', String(s.port)]);
  await carol.line((l) => json(l).event === 'connected');
  const dan = join(again, 'dan');
  ok(await goesOn(carol, 60) && await goesOn(dan, 60), 'one that comes back gets back those who still wait, with sound and picture');
  await Promise.all([carol.stop(), dan.stop(), again.process.stop()]);
}

async function garbage() {
  const s = await server();
  const alice = join(s, 'alice'), bob = join(s, 'bob');
  await Promise.all([alice, bob].map((p) => p.line((l) => frames(l) > 10)));
  const socket = dgram.createSocket('udp4');
  const send = (b) => new Promise((done) => socket.send(b, s.mediaPort, '127.0.0.1', done));
  const first = { stun: 0x00, dtls: 22, rtp: 0x80, rtcp: 0x80, nothing: 0xff };
  for (let i = 0; i < 2000; i++)
    for (const [kind, byte] of Object.entries(first)) {
      const b = crypto.randomBytes(1 + (i * 37) % 1400);
      b[0] = byte;
      if (kind === 'rtcp' && b.length > 1) b[1] = 200 + i % 7;
      if (kind === 'stun' && b.length > 20) { b[1] = 1; b.writeUInt16BE(b.length - 20, 2); b.writeUInt32BE(0x2112a442, 4); }
      await send(b);
    }
  socket.close();
  ok(await goesOn(alice, 60) && await goesOn(bob, 60), 'ten thousand datagrams of garbage disturb nobody');
  await Promise.all([alice.stop(), bob.stop()]);
  ok((await s.process.stop()).code === 0, 'and the server ends cleanly');
}

async function tokens() {
  const s = await server(['--secret', 'right']);
  const token = (...args) => run('loquat', ['token', '--room', 'trouble', '--user', 'alice', ...args]).out.trim();
  const attempt = (t) => run('loquat', ['join', '--server', s.url, '--room', 'trouble', '--user', 'alice', '--headless', '--seconds', '1', ...(t ? ['--token', t] : [])]);
  const cases = { missing: null, wrong: token('--secret', 'wrong'), expired: token('--secret', 'right', '--ttl', '-60'), 'no token at all': 'abc' };
  for (const [what, t] of Object.entries(cases)) {
    const r = attempt(t);
    ok(r.status === 1 && /token/.test(r.err), `a ${what} token is refused with words`, r.err);
  }
  const other = attempt(run('loquat', ['token', '--room', 'elsewhere', '--user', 'alice', '--secret', 'right']).out.trim());
  ok(other.status === 1 && other.err, 'a token for another room is refused', other.err);
  const good = attempt(token('--secret', 'right'));
  ok(good.status === 0, 'the right token is taken', good.err);
  await s.process.stop();
}

function names() {
  for (const [room, what] of [['', '0'], ['x'.repeat(65), '65']]) {
    const r = run('loquat', ['join', '--room', room, '--headless', '--seconds', '1']);
    ok(r.status === 1 && /1 to 64 bytes/.test(r.err), `a room name of ${what} bytes is refused with the rule`, r.err);
  }
  const none = run('loquat', ['join', '--server', 'ws://127.0.0.1:1', '--room', 'r', '--headless', '--seconds', '1']);
  ok(none.status === 1 && /127\.0\.0\.1:1|connect/.test(none.err), 'a server that is not there is reported', none.err);
}

main(async () => {
  names();
  await tokens();
  await killedParticipant();
  await killedServer();
  await garbage();
});

// The examples of the flows, as somebody would run them.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, build, ok, start, server, main } = require('../tools/harness.js');

// The profile that these programs load by its name, here without devices.
fs.copyFileSync(path.join(top, 'tests/sdk/call.json'), path.join(dir, 'communication.json'));
process.env.LQ_PROFILE_PATH = dir;
process.env.SDL_VIDEODRIVER ??= 'dummy'; // windows that nobody sees
const c1 = path.join(build, 'examples/c1-call');
const e1 = path.join(build, 'examples/e1-call');
const r1 = path.join(build, 'examples/r1-meeting');

const b1 = path.join(build, 'examples/b1-call');

async function videoCall(s) {
  const bob = start(b1, [s.url, 'b1', 'bob', '600']);
  await bob.line((l) => l === 'joined as bob');
  const ann = start(b1, [s.url, 'b1', 'ann', '3', 'nocamera']);
  ok((await ann.ended).code === 0, 'b1-call: it leaves by itself', ann.log);
  for (const line of ['joined as ann', 'bob joined, with {"user_id":"bob","user_name":"bob"}', 'bob has sound', 'bob has a picture', 'first picture of bob', 'left'])
    ok(ann.log.split('\n').includes(line), `b1-call: the second says "${line}"`, ann.log);
  await bob.line((l) => l === 'ann left: left');
  ok(/ann has sound/.test(bob.log) && !/ann has a picture/.test(bob.log), 'b1-call: what was chosen before the join is published, and nothing else', bob.log);
  ok(/volume of ann: \d+/.test(bob.log), 'b1-call: volumes are reported', bob.log);
  await bob.stop();
}

main(async () => {
  const s = await server(['--debug']);
  const bob = start(c1, [s.url, 'bob']);
  await bob.line((l) => l === 'logged in');
  const ann = start(c1, [s.url, 'ann', 'bob', '2']);
  const ends = await Promise.all([ann.ended, bob.ended]);
  ok(ends.every((e) => e.code === 0), 'c1-call: both programs end by themselves', ann.log + bob.log);
  for (const line of ['bob accepted', 'bob has sound', 'bob has a picture', 'first picture of bob', 'completed', 'logged out'])
    ok(ann.log.split('\n').includes(line), `c1-call: the caller says "${line}"`, ann.log);
  for (const line of ['ann calls, with "{"call":"testValue"}"', 'first picture of ann', 'completed', 'logged out'])
    ok(bob.log.split('\n').includes(line), `c1-call: the called says "${line}"`, bob.log);
  const eve = start(c1, [s.url, 'eve', 'ann']);
  await eve.line((l) => l === 'logged in');
  ok((await eve.stop()).signal === 'SIGTERM', 'c1-call: a caller can be stopped');
  const channel = `channel ${process.pid}`;
  const first = start(e1, [s.url, channel, '1001', '2']);
  await first.line((l) => l.startsWith('joined channel '));
  const second = start(e1, [s.url, channel, '1002', '2']);
  const both = await Promise.all([first.ended, second.ended]);
  ok(both.every((e) => e.code === 0), 'e1-call: both programs end by themselves', first.log + second.log);
  for (const [log, other] of [[first.log, '1002'], [second.log, '1001']])
    for (const line of ['preview', `${other} has sound`, `${other} has a picture`, `first picture of ${other}`, `first sound of ${other}`, 'left'])
      ok(log.split('\n').includes(line), `e1-call: it says "${line}"`, log);
  ok(first.log.includes('1002 is joining') && second.log.includes('1001 is here'), 'e1-call: who is there is told to both', first.log + second.log);
  const wrong = start(e1, [s.url, 'not/allowed', '1003']);
  ok((await wrong.ended).code === 1, 'e1-call: a name that is not allowed is refused');
  await videoCall(s);

  // Without a display: what is said of that is no hindrance.
  const m1 = path.join(build, 'examples/m1-call');
  const headless = { env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' } };
  const dan = start(m1, [s.url, 'kitchen', 'Dan', '6'], headless);
  await dan.line((l) => l.startsWith('joined as '));
  const cat = start(m1, [s.url, 'kitchen', 'Cat', '3'], headless);
  const pair = await Promise.all([cat.ended, dan.ended]);
  ok(pair.every((e) => e.code === 0), 'm1-call: both programs end by themselves', cat.log + dan.log);
  const says = (p, pattern) => p.log.split('\n').some((l) => pattern.test(l));
  for (const [pattern, what] of [[/^camera: ./, 'which camera'], [/^first picture of ourselves$/, 'its own picture'], [/^Dan is here$/, 'who is here'],
    [/ has sound$/, 'sound'], [/ has a picture$/, 'a picture'], [/^first sound of (?!ourselves)/, 'the first sound'],
    [/^first picture of (?!ourselves)/, 'the first picture'], [/^left: as asked for$/, 'that it left']])
    ok(says(cat, pattern), `m1-call: tells ${what}`, cat.log);
  ok(says(dan, / is gone: left$/), 'm1-call: tells who is gone', dan.log);
  await s.process.stop();

  const secret = 'correct horse battery staple', md5 = crypto.createHash('md5').update(secret).digest('hex');
  const meetings = await server(['--secret', secret, '--allow-secret', '--app-id', 'project']);
  const host = start(r1, [meetings.url, 'project', md5, 'host']);
  const number = (await host.line((l) => l.startsWith('room '))).slice('room '.length);
  await host.line((l) => l === 'entered');
  const guest = start(r1, [meetings.url, 'project', md5, 'guest', number, '600']);
  await host.line((l) => l === 'first picture of guest');
  await guest.line((l) => l === 'first picture of host');
  const again = start(r1, [meetings.url, 'project', md5, 'late', number, '0']);
  ok((await again.ended).code === 0, 'r1-meeting: a guest goes by itself', again.log);
  ok((await host.ended).code === 0, 'r1-meeting: the host ends by itself', host.log);
  ok((await guest.ended).code === 0, 'r1-meeting: the guest is put out with the room', guest.log);
  for (const line of ['logged in', `room ${number}`, 'entered', 'guest is here', 'microphone of host is open', 'camera of guest is open', 'late has gone', 'left', 'destroyed', 'logged out'])
    ok(host.log.split('\n').includes(line), `r1-meeting: the host says "${line}"`, host.log);
  for (const line of ['host is here', 'microphone of guest is open', 'left: room_closed', 'logged out'])
    ok(guest.log.split('\n').includes(line), `r1-meeting: the guest says "${line}"`, guest.log);
  const refused = start(r1, [meetings.url, 'project', '0'.repeat(32), 'eve', number]);
  await refused.ended;
  ok(/login failed: login.secret_md5/.test(refused.log), 'r1-meeting: a wrong secret is told', refused.log);
  await meetings.process.stop();
});

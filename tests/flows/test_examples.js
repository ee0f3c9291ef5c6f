// The examples of the flows, as somebody would run them.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, build, ok, start, server, main } = require('../tools/harness.js');

// The profile that these programs load by its name, here without devices.
fs.copyFileSync(path.join(top, 'tests/sdk/call.json'), path.join(dir, 'communication.json'));
process.env.LQ_PROFILE_PATH = dir;
const c1 = path.join(build, 'examples/c1-call');

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
  await s.process.stop();
});

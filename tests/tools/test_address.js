// A participant whose network address is replaced in mid-call: it goes on, with sound and picture both ways, and has not left for the others. In network namespaces.
'use strict';
const { ok, run, start, server, main, SKIP } = require('./harness.js');

const ns = `loquat-${process.pid}`, veth = `lq${process.pid}`.slice(0, 13);
const ip = (...args) => {
  const r = run('ip', args);
  if (r.status !== 0) throw new Error(`ip ${args.join(' ')}: ${r.err}`);
};
const inside = (...args) => ip('-n', ns, ...args);

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(SKIP ?? 77);
}

function prepare() {
  if (process.getuid() !== 0) skip('network namespaces need root');
  if (run('ip', ['netns', 'add', ns]).status !== 0) skip('no network namespace can be made here');
  process.on('exit', () => {
    run('ip', ['netns', 'del', ns]);
    run('ip', ['link', 'del', `${veth}a`]);
  });
  ip('link', 'add', `${veth}a`, 'type', 'veth', 'peer', 'name', `${veth}b`, 'netns', ns);
  ip('addr', 'add', '10.177.0.1/16', 'dev', `${veth}a`);
  ip('link', 'set', `${veth}a`, 'up');
  inside('link', 'set', 'lo', 'up');
  inside('addr', 'add', '10.177.1.2/16', 'dev', `${veth}b`);
  inside('link', 'set', `${veth}b`, 'up');
}

const json = (l) => { try { return JSON.parse(l); } catch { return {}; } };
const frames = (l) => (json(l).video || {}).framesDecoded || 0;

async function goesOn(p, more) {
  const last = Math.max(0, ...p.log.split('\n').map(frames));
  await p.line((l) => frames(l) >= last + more);
  return true;
}

main(async () => {
  prepare();
  const s = await server(['--debug', '--host', '0.0.0.0', '--media-host', '10.177.0.1']);
  const args = (user) => ['join', '--server', `ws://10.177.0.1:${s.port}`, '--room', 'moving', '--user', user, '--headless', '--status-json'];
  const ann = start('ip', ['netns', 'exec', ns, 'loquat', ...args('ann')]), bob = start('loquat', args('bob'));
  await Promise.all([ann, bob].map((p) => p.line((l) => frames(l) > 30)));
  inside('addr', 'del', '10.177.1.2/16', 'dev', `${veth}b`);
  inside('addr', 'add', '10.177.9.9/16', 'dev', `${veth}b`);
  await ann.line((l) => json(l).event === 'reconnecting');
  await ann.line((l) => json(l).event === 'connected');
  ok(await goesOn(ann, 60), 'the one with a new address sees the other again');
  ok(await goesOn(bob, 60), 'and is seen');
  ok(!/"event":"left"/.test(bob.log) && !/"event":"left"/.test(ann.log), 'nobody has left', bob.log.slice(-300));
  const ends = await Promise.all([ann.stop(), bob.stop()]);
  ok(ends.every((e) => e.code === 0), 'they leave in peace', JSON.stringify(ends));
  await s.process.stop();
});

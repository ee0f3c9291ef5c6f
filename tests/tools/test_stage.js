// `loquat join` as audience that raises its hand, and as the host that lets it up: its picture arrives, and it says what became of it.
'use strict';
const { ok, run, start, server, main } = require('./harness.js');

const json = (l) => { try { return JSON.parse(l); } catch { return {}; } };
const sees = (user) => (l) => (json(l).peers || []).some((p) => p.user === user && p.video.framesDecoded > 5);

main(async () => {
  const s = await server();
  const args = (user, ...more) => ['join', '--server', s.url, '--room', 'show', '--user', user, '--headless', '--size', '320x180', '--status-json', ...more];
  const watcher = start('loquat', args('watcher', '--role', 'audience'));
  await watcher.line((l) => json(l).role === 'audience');
  const eve = start('loquat', args('eve', '--role', 'audience', '--raise-hand'));
  await eve.line((l) => json(l).role === 'audience');
  const ann = start('loquat', args('ann', '--welcome'));
  ok(await ann.line((l) => json(l).event === 'asks' && json(l).user === 'eve'), 'a host that comes later hears who waits');
  ok(await eve.line((l) => json(l).event === 'accepted' && json(l).user === 'ann'), 'who raised its hand is let up');
  ok(await ann.line(sees('eve')) && await watcher.line(sees('eve')) && await watcher.line(sees('ann')), 'and seen by all');
  ok(await eve.line((l) => json(l).role === 'broadcaster') && !/"event":"(joined|left)","user":"watcher"/.test(ann.log + eve.log), 'nobody sees who only watches');
  const ends = await Promise.all([ann, eve, watcher].map((p) => p.stop()));
  ok(ends.every((e) => e.code === 0), 'they leave in peace', JSON.stringify(ends));
  const wrong = run('loquat', ['join', '--room', 'x', '--raise-hand']), role = run('loquat', ['join', '--room', 'x', '--role', 'king']);
  ok(wrong.status === 2 && /only the audience asks; say --role audience/.test(wrong.err), 'who is up need not ask', wrong.err);
  ok(role.status === 2 && /"king" is neither broadcaster nor audience/.test(role.err), 'another role is refused', role.err);
  await s.process.stop();
});

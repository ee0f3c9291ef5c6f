// validate-plugin: what is wrong is said in the right words, and what is right passes: the plugins that misbehave, the examples, and all of ours.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, build, ok, run, main } = require('../tools/harness.js');

const validate = (...args) => run('loquat', ['validate-plugin', ...args], { timeout: 600000 });

function compile(source, name) {
  const so = path.join(dir, `${name}.so`);
  const r = run('cc', ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wno-unused-parameter', '-fPIC', '-shared', '-pthread',
    `-I${top}/framework/include`, '-o', so, source]);
  if (r.status !== 0 || r.err)
    ok(false, `${name} compiles without a warning`, r.err);
  return so;
}

// A flood takes seconds, so it comes over those only that it is meant for.
const checks = ['lifecycle', 'restart', 'flow', 'twins', 'starve', 'change', 'unlinked', 'garbage', 'events', 'parameters', 'memory', 'stats', 'transport', 'questions'];
const quick = (name) => (['all-right', 'unbounded-queue'].includes(name) ? [] : checks.flatMap((c) => ['--check', c]));

// The first line of each says what is to be said of it.
function misbehaving() {
  const folder = path.join(top, 'tests/broken-plugins/behaviour');
  for (const file of fs.readdirSync(folder).filter((f) => f.endsWith('.c'))) {
    const source = path.join(folder, file), name = path.basename(file, '.c');
    const [, words] = fs.readFileSync(source, 'utf8').match(/^\/\* says: (.*) \*\/\n/) || [];
    const r = validate(compile(source, name), '--timeout', name.startsWith('hangs') ? '2' : '30', ...quick(name));
    if (words)
      ok(r.status === 1 && r.out.includes(words), `${name}: ${words}`, r.out + r.err);
    else
      ok(r.status === 0, `${name} passes`, r.out + r.err);
  }
}

function notPlugins() {
  const torn = path.join(dir, 'torn.so');
  fs.writeFileSync(torn, 'this is no ELF file');
  for (const [file, words] of [[torn, 'cannot be loaded'], [path.join(dir, 'absent.so'), 'cannot be loaded']]) {
    const r = validate(file);
    ok(r.status === 1 && r.out.includes(words), `${path.basename(file)}: ${words}`, r.out + r.err);
  }
  const before = fs.readdirSync('.').join();
  const w = validate(compile(path.join(top, 'tests/broken-plugins/behaviour/writes-files.c'), 'writes-files'), '--check', 'flow');
  ok(w.status === 0 && fs.readdirSync('.').join() === before, 'what a plugin writes by a relative name is not left behind', w.out);
  const u = validate('--check', 'dance', torn);
  ok(u.status === 2 && u.err.includes('no check "dance"'), 'an unknown check is named', u.err);
  const n = validate('--node', 'filter.no', compile(path.join(top, 'tests/broken-plugins/behaviour/all-right.c'), 'all-right'));
  ok(n.status === 1 && n.out.includes('no such node'), 'an unknown node is named', n.out);
}

function ours() {
  const file = path.join(dir, 'clip.mkv');
  const clip = run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=25:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2',
    '-c:v', 'libx264', '-c:a', 'libopus', file]);
  const plugins = fs.readdirSync(path.join(build, 'plugins/.libs')).filter((f) => f.endsWith('.so'));
  for (const p of plugins) {
    const so = path.join(build, 'plugins/.libs', p);
    const r = validate(so, ...(p === 'avformat.so' ? ['--node', 'render.file'] : []));
    ok(r.status === 0, `our plugin ${p} passes`, r.out + r.err);
    console.log(r.out.trimEnd());
    if (p === 'avformat.so' && clip.status === 0) {
      const f = validate(so, '--node', 'capture.file', '--set', `file=${file}`);
      ok(f.status === 0 && !f.out.includes('skipped in part'), 'capture.file passes with a file', f.out + f.err);
    }
  }
  ok(plugins.length > 0, 'there are plugins');
}

function examples() {
  for (const name of ['custom-capture', 'custom-renderer', 'encoded-capture']) {
    const r = validate(compile(path.join(top, 'examples', name, `${name}.c`), name));
    ok(r.status === 0 && r.out.includes('1 node passed'), `the example ${name} passes`, r.out + r.err);
  }
}

main(async () => {
  notPlugins();
  misbehaving();
  examples();
  ours();
});

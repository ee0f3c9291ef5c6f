// An installation of this build in a scratch folder, and what builds plugins against it and runs them with it.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, build, ok, run } = require('../tools/harness.js');

const tree = path.join(dir, 'tree');

// make install DESTDIR=…, once.
function install() {
  const r = run('make', ['-s', '-C', build, 'install', `DESTDIR=${tree}`]);
  if (!ok(r.status === 0, 'make install DESTDIR=…', r.err.slice(-2000)))
    throw new Error('nothing is installed');
  const find = (what) => run('find', [tree, '-path', what]).out.split('\n')[0];
  const pc = path.dirname(find('*/pkgconfig/loquat-plugin.pc')), lib = path.dirname(pc);
  const plugins = path.join(dir, 'plugins');
  fs.cpSync(path.join(lib, 'loquat/plugins'), plugins, { recursive: true });
  // From here on only the installation is used: its pkg-config files, programs, libraries, plugins and profiles.
  Object.assign(process.env, {
    PKG_CONFIG_SYSROOT_DIR: tree, PKG_CONFIG_LIBDIR: pc, PKG_CONFIG_PATH: '',
    PATH: `${path.dirname(find('*/bin/loquat'))}:${process.env.PATH}`, LD_LIBRARY_PATH: lib, LQ_PLUGIN_PATH: plugins,
    LQ_PROFILE_PATH: path.dirname(find('*/loquat/profiles/communication.json')), LQ_WEB_PATH: path.dirname(find('*/loquat/web/index.html')), LQ_TEMPLATE_PATH: path.dirname(find('*/loquat/templates/capture.c')),
  });
  return { plugins };
}

// Copies an example's folder, builds it there with its own Makefile, and returns the path of the plugin.
function buildExample(name, target = `${name}.so`, ...args) {
  const to = path.join(dir, 'examples', name);
  fs.cpSync(path.join(top, 'examples', name), to, { recursive: true });
  const r = run('make', ['-C', to, target, ...args]);
  ok(r.status === 0 && !/warning/.test(r.err), `${target} builds from the installed headers without a warning`, r.out + r.err);
  return path.join(to, target);
}

function profile(name, content) {
  const file = path.join(dir, `${name}.json`);
  fs.writeFileSync(file, JSON.stringify({ loquat_profile: 1, name, ...content }));
  return file;
}

module.exports = { install, buildExample, profile };

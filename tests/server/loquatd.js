// Starts and stops loquatd for tests in JavaScript.
'use strict';
const { spawn } = require('child_process');
const path = require('path');
const sanitizers = require('../tools/sanitizers.js');

const build = process.env.top_builddir || path.resolve(__dirname, '../../build');
const source = process.env.top_srcdir || path.resolve(__dirname, '../..');
const running = new Set(); // child processes

// A child process that does not outlive the test.
function own(program, args, options) {
	const child = spawn(program, args, options);
	running.add(child);
	child.on('exit', () => running.delete(child));
	return child;
}

// Starts a program whose first line on stdout is JSON; resolves to {process, ready, exited}.
function start(program, args, env = {}) {
	const child = own(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
	const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
	return new Promise((resolve, reject) => {
		let text = '';
		child.on('error', reject);
		exited.then(({ code }) => reject(new Error(`${program} ended with status ${code}`)));
		child.stdout.on('data', (d) => {
			text += d;
			const end = text.indexOf('\n');
			if (end >= 0 && text.slice(0, end + 1).trim().startsWith('{'))
				resolve({ process: child, ready: JSON.parse(text.slice(0, end)), exited });
		});
	});
}

function startServer(args = [], { debug = true } = {}) {
	return start(path.join(build, 'loquatd'), ['--port', '0', '--host', '127.0.0.1', ...(debug ? ['--debug'] : []), '--log-level', 'warning',
		'--web', path.join(source, 'sdk/web'), ...args]);
}

async function stop(server) {
	server.process.kill('SIGTERM');
	return (await server.exited).code;
}

// Runs a test's main function; whatever it started ends with it.
function run(main) {
	const end = (code) => {
		for (const child of running)
			child.kill('SIGKILL');
		process.exit(sanitizers.reports() ? 1 : code);
	};
	main().then(() => end(0), (e) => {
		console.error(e);
		end(1);
	});
}

module.exports = { build, source, own, start, startServer, stop, run };

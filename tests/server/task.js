#!/usr/bin/env node
// A process of an egress task whose behaviour tests choose: what stands behind "?" of its first target, as "do=garbage". It joins the room as any such process does.
'use strict';
const readline = require('node:readline');
const { Client } = require('./ws.js');

const say = (o) => process.stdout.write(`${JSON.stringify(o)}\n`);
let layouts = 0;
process.stdout.on('error', () => {}); // the server may be gone

async function start(c) {
	const behaviour = /do=(\w+)/.exec((c.to ?? [''])[0])?.[1] ?? '';
	say({ event: 'state', state: 'starting' });
	if (behaviour === 'crash')
		process.exit(7);
	if (behaviour === 'garbage')
		process.stdout.write(`${'x'.repeat(100000)}\n{"event":"gossip"}\n`);
	if (behaviour === 'wrongkey') {
		say({ event: 'state', state: 'failed', code: 'EPERM', text: `${c.to[0]} refuses the stream` });
		process.exitCode = 1;
		return process.stdin.destroy();
	}
	const room = await Client.connect(+new URL(c.server).port);
	const joined = await room.join(c.room, 'nobody', { token: c.token });
	if (joined.type !== 'joined')
		say({ event: 'state', state: 'failed', code: joined.code, text: joined.message });
	else
		say({ event: 'state', state: 'running' });
	// What it was told and what it is given, for the test to look at.
	say({ event: 'figures', told: c, joined, argv: process.argv.slice(2), secret: process.env.LQ_SECRET ?? null, cwd: process.cwd(), pid: process.pid });
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
	const c = JSON.parse(line);
	if (c.command === 'start')
		start(c);
	else if (c.command === 'stop')
		say({ event: 'state', state: 'ended' });
	else if (JSON.stringify(c.layout).includes('silence'))
		return;
	else if (JSON.stringify(c.layout).includes('nobody'))
		say({ event: 'answer', id: c.id, code: 'ENOENT', text: 'layout: nobody is not in the room' });
	else
		say({ event: 'answer', id: c.id, code: 'OK', text: `${++layouts}` });
}).on('close', () => process.exit());

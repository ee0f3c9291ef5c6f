// A small WebSocket client (RFC 6455) on net.Socket, for tests that must be able to misbehave.
'use strict';
const net = require('net');
const crypto = require('crypto');

function frame(opcode, payload, { fin = true, masked = true } = {}) {
	const data = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
	const head = [(fin ? 0x80 : 0) | opcode];
	if (data.length < 126)
		head.push((masked ? 0x80 : 0) | data.length);
	else if (data.length < 65536)
		head.push((masked ? 0x80 : 0) | 126, data.length >> 8, data.length & 255);
	else
		head.push((masked ? 0x80 : 0) | 127, 0, 0, 0, 0, (data.length >>> 24) & 255, (data.length >> 16) & 255, (data.length >> 8) & 255, data.length & 255);
	if (!masked)
		return Buffer.concat([Buffer.from(head), data]);
	const mask = crypto.randomBytes(4), body = Buffer.alloc(data.length);
	for (let i = 0; i < data.length; i++)
		body[i] = data[i] ^ mask[i & 3];
	return Buffer.concat([Buffer.from(head), mask, body]);
}

// Messages are collected in `inbox` and taken by next(), so none is missed between two awaits.
class Client {
	static connect(port, { path = '/v1', protocol = 'loquat.v1' } = {}) {
		const c = new Client();
		return new Promise((resolve, reject) => {
			c.socket = net.connect(port, '127.0.0.1', () => {
				c.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
					`Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
					(protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : '') + '\r\n');
			});
			c.socket.on('data', (d) => c.onData(d, resolve, reject));
			c.socket.on('error', (e) => c.onEnd(reject, e));
			c.socket.on('close', () => c.onEnd(reject, new Error('closed before the upgrade')));
		});
	}

	constructor() {
		this.buffer = Buffer.alloc(0);
		this.inbox = [];
		this.waiting = [];
		this.open = this.ended = false;
		this.status = 0; // of the close frame
		this.pongs = true;
		this.id = 0;
	}

	onData(data, resolve, reject) {
		this.buffer = Buffer.concat([this.buffer, data]);
		if (!this.open) {
			const end = this.buffer.indexOf('\r\n\r\n');
			if (end < 0)
				return;
			const head = this.buffer.subarray(0, end).toString();
			this.buffer = this.buffer.subarray(end + 4);
			if (!head.startsWith('HTTP/1.1 101'))
				return reject(new Error(head.split('\r\n')[0]));
			this.open = true;
			resolve(this);
		}
		while (this.readFrame())
			;
	}

	readFrame() {
		const b = this.buffer;
		if (b.length < 2)
			return false;
		let len = b[1] & 127, at = 2;
		if (len === 126) {
			if (b.length < 4)
				return false;
			len = b.readUInt16BE(2);
			at = 4;
		} else if (len === 127) {
			if (b.length < 10)
				return false;
			len = Number(b.readBigUInt64BE(2));
			at = 10;
		}
		if (b.length < at + len)
			return false;
		this.onFrame(b[0] & 15, b[0] & 0x80, b.subarray(at, at + len));
		this.buffer = b.subarray(at + len);
		return true;
	}

	onFrame(opcode, fin, payload) {
		if (opcode === 9 && this.pongs)
			this.socket.write(frame(10, payload));
		if (opcode === 8)
			this.status = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
		if (opcode > 2)
			return;
		this.partial = opcode ? payload : Buffer.concat([this.partial, payload]);
		if (fin)
			this.deliver(JSON.parse(this.partial.toString()));
	}

	deliver(message) {
		const i = this.waiting.findIndex((w) => w.match(message));
		if (i < 0)
			return void this.inbox.push(message);
		this.waiting.splice(i, 1)[0].resolve(message);
	}

	onEnd(reject, error) {
		this.ended = true;
		reject(error);
		for (const w of this.waiting.splice(0))
			w.reject(new Error(`the socket closed (${this.status}) while waiting for ${w.what}`));
	}

	// The first message, here or to come, that matches a type or a function.
	next(what, seconds = 20) {
		const match = typeof what === 'function' ? what : (m) => m.type === what;
		const i = this.inbox.findIndex(match);
		if (i >= 0)
			return Promise.resolve(this.inbox.splice(i, 1)[0]);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`no ${what} within ${seconds} s; got ${JSON.stringify(this.inbox)}`)), seconds * 1000);
			const end = (fn) => (v) => { clearTimeout(timer); fn(v); };
			this.waiting.push({ match, what, resolve: end(resolve), reject: end(reject) });
		});
	}

	closed(seconds = 20) {
		if (this.ended)
			return Promise.resolve(this.status);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error('the socket stays open')), seconds * 1000);
			this.socket.once('close', () => { clearTimeout(timer); resolve(this.status); });
		});
	}

	text(string) { this.socket.write(frame(1, string)); }
	binary(buffer) { this.socket.write(frame(2, buffer)); }
	raw(buffer) { this.socket.write(buffer); }
	close(status = 1000) { this.socket.write(frame(8, Buffer.from([status >> 8, status & 255]))); }
	reset() { this.socket.resetAndDestroy ? this.socket.resetAndDestroy() : this.socket.destroy(); }

	// Sends a request and resolves to its answer, also when that is an error.
	request(message) {
		const id = ++this.id;
		this.text(JSON.stringify({ ...message, id }));
		return this.next((m) => m.id === id);
	}

	join(room, user, more = {}) { return this.request({ type: 'join', v: 1, room, user, ...more }); }
}

module.exports = { Client, frame };

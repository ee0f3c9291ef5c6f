// A login at loquatd: presence, messages and calls (docs/calls.md). Restores its connection by itself, and then has missed nothing.
//
//   const session = new Session({ url: 'ws://host:7880', user: 'ann', token });
//   session.addEventListener('call_invited', (e) => session.accept(e.detail.call));
//   await session.login();
//   await session.call({ users: ['bob'], media: 'video' });
//
// Events (CustomEvent, `detail` is the server's message): presence, message, and all call_... of docs/protocol.md; further
// offline {reason} · online {} · closed {reason}. Requests resolve to the server's answer, or reject with a RoomError: code, and `detail`, the
// number that refuses it.

import { RoomError } from './loquat.js';

const REQUEST_TIMEOUT = 10000;
const RETRY = [200, 5000]; // ms, the first and the longest pause

export class Session extends EventTarget {
	#options;
	#socket = null;
	#waiting = new Map(); // requests by id
	#nextId = 1;
	#session = ''; // what we go on with after a loss
	#seq = 0;
	#device;
	#ringMs = 0;
	#wanted = false; // between login and logout
	#retry = 0;
	#retryTimer = 0;
	#lostAt = 0;

	constructor(options) {
		super();
		this.#options = { reconnectMs: 60000, ...options };
		this.#device = options.device || [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, '0')).join('');
		this.user = options.user;
	}

	get id() { return this.#session; }
	get online() { return this.#wanted && this.#socket?.readyState === WebSocket.OPEN; }

	async login() {
		this.#wanted = true;
		try {
			return await this.#connect();
		} catch (e) {
			this.#wanted = false;
			this.#drop('closed');
			throw e;
		}
	}

	async logout() {
		if (!this.#wanted)
			return;
		if (this.online)
			await this.#request({ type: 'logout' }).catch(() => {});
		this.#end('logged out');
	}

	call({ users, media, attachment, group, timeoutMs }) {
		return this.#request({ type: 'call', users, media, attachment, group, timeout_ms: timeoutMs });
	}

	accept(call) { return this.#request({ type: 'call_accept', call }); }
	reject(call, reason) { return this.#request({ type: 'call_reject', call, reason }); }
	cancel(call) { return this.#request({ type: 'call_cancel', call }); }
	hangup(call) { return this.#request({ type: 'call_hangup', call }); }
	leave(call) { return this.#request({ type: 'call_leave', call }); }
	invite(call, users) { return this.#request({ type: 'call_invite', call, users }); }
	changeType(call, media, confirm) { return this.#request({ type: 'call_type', call, media, confirm }); }
	replyType(call, agree) { return this.#request({ type: 'call_type_reply', call, agree }); }
	send(to, text) { return this.#request({ type: 'message', to, text }); }
	// Rooms (needs the right `admin`): createRoom({room, password, maxMembers, locked, keep, maxOpenMics, maxCameras, maxBroadcasters}) → {room, room_sid, path}.
	createRoom({ room, password, maxMembers, locked, keep, maxOpenMics, maxCameras, maxBroadcasters } = {}) {
		return this.#request({ type: 'room_create', room, password, max_members: maxMembers, locked, keep, max_open_mics: maxOpenMics, max_cameras: maxCameras, max_broadcasters: maxBroadcasters });
	}

	destroyRoom(room) { return this.#request({ type: 'room_destroy', room }); }
	lockRoom(room, locked) { return this.#request({ type: 'room_lock', room, locked }); }

	// Before the token ends, of which the event token_will_expire warns; also what a restored connection logs in with.
	async updateToken(token) {
		this.#options.token = token;
		await this.#request({ type: 'token_update', token });
	}

	watch(users) { return this.#request({ type: 'watch', users }); }
	unwatch(users) { return this.#request({ type: 'unwatch', users }); }

	// How long this device rings at most, in ms; 0: as the caller says.
	async setRingTimeout(ms) {
		this.#ringMs = ms;
		if (this.online)
			await this.#request({ type: 'ring_timeout', ring_ms: ms });
	}

	// ---- the socket ----

	#connect() {
		const socket = this.#socket = new WebSocket(this.#options.url.replace(/\/+$/, '') + '/v1', 'loquat.v1');
		return new Promise((resolve, reject) => {
			socket.onmessage = (e) => this.#onMessage(JSON.parse(e.data));
			socket.onclose = (e) => {
				reject(new RoomError('ECONN', `no connection to ${this.#options.url}`));
				if (this.#socket === socket)
					this.#lost(e.reason || 'the connection to the server is lost');
			};
			socket.onopen = () => this.#request({ type: 'login', v: 1, user: this.user, name: this.#options.name, token: this.#options.token,
				app_id: this.#options.appId, secret_md5: this.#options.secretMd5, auth_code: this.#options.authCode || undefined,
				device: this.#device, session: this.#session, seq: this.#seq, ring_ms: this.#ringMs }).then((answer) => {
				this.#onLoggedIn(answer);
				resolve(answer);
			}, reject);
		});
	}

	#onLoggedIn(answer) {
		const again = this.#session !== '';
		this.#session = answer.session;
		if (!answer.resumed)
			this.#seq = 0;
		this.#retry = this.#lostAt = 0;
		if (again)
			this.#emit('online', answer);
	}

	#lost(reason) {
		this.#drop(reason);
		if (!this.#wanted || !this.#session)
			return;
		if (!this.#lostAt) {
			this.#lostAt = Date.now();
			this.#emit('offline', { reason });
		}
		if (Date.now() - this.#lostAt > this.#options.reconnectMs)
			return this.#end(reason);
		this.#retry = Math.min(RETRY[1], this.#retry * 2 || RETRY[0]);
		this.#retryTimer = setTimeout(() => this.#connect().catch((e) => {
			if (e.code !== 'ECONN' && e.code !== 'ETIMEDOUT')
				this.#end(e.message); // the server does not want us
		}), this.#retry);
	}

	#drop(reason) {
		const socket = this.#socket;
		this.#socket = null;
		if (socket)
			socket.onclose = socket.onmessage = null;
		socket?.close();
		for (const w of this.#waiting.values()) {
			clearTimeout(w.timer);
			w.reject(new RoomError('ECONN', reason));
		}
		this.#waiting.clear();
	}

	#end(reason) {
		this.#wanted = false;
		this.#session = '';
		this.#seq = 0;
		clearTimeout(this.#retryTimer);
		this.#drop(reason);
		this.#emit('closed', { reason });
	}

	#request(message) {
		const id = this.#nextId++;
		return new Promise((resolve, reject) => {
			if (this.#socket?.readyState !== WebSocket.OPEN)
				return reject(new RoomError('ESTATE', 'not logged in'));
			const timer = setTimeout(() => {
				this.#waiting.delete(id);
				reject(new RoomError('ETIMEDOUT', `no answer to ${message.type}`));
			}, REQUEST_TIMEOUT);
			this.#waiting.set(id, { resolve, reject, timer });
			this.#socket.send(JSON.stringify({ ...message, id }));
		});
	}

	#onMessage(m) {
		const waiting = this.#waiting.get(m.id);
		if (waiting) {
			this.#waiting.delete(m.id);
			clearTimeout(waiting.timer);
			if (m.type === 'error')
				return waiting.reject(Object.assign(new RoomError(m.code, m.message), { detail: m.detail ?? 0 }));
			return waiting.resolve(m);
		}
		if (m.type === 'kicked' && (m.reason === 'duplicate' || m.reason === 'token_expired'))
			return this.#end(m.reason);
		if (m.seq !== undefined) {
			if (m.seq <= this.#seq)
				return; // it came before the connection was lost
			this.#seq = m.seq;
		}
		this.#emit(m.type, m);
	}

	#emit(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}
}

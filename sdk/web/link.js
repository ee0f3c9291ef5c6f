// The connection of a room: a WebSocket that is made again when it is lost, requests that are sent again on the next one, events that come once each.

const REQUEST_TIMEOUT = 10000;
const SILENCE = 9000; // after which a server that says nothing is taken for gone
const FIRST_RETRY = 200, LAST_RETRY = 5000;
const KEPT = ['message', 'attributes', 'kick', 'control', 'device', 'cameras', 'default_camera', 'stage_request', 'stage_answer', 'stage_remove', 'guest_add', 'guest_remove']; // requests that make sense in a new membership, too
const RETURNS = 4000; // the status to close with when one comes back on another socket

export class RoomError extends Error {
	constructor(code, message) {
		super(message);
		this.code = code;
	}
}

export class Link {
	#o;
	#socket = null; // the one that has joined; null: lost
	#waiting = new Map(); // requests by id, the oldest first: {message, sent, resolve, reject, timer}
	#nextId = 1;
	#device = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
	#session = '';
	#user = '';
	#seq = 0;
	#heard = 0;
	#watch = 0;
	#retryTimer = 0;
	#over = false;

	// join: the request's fields. Called back: event(m) each message that is no answer; lost(reason); back(joined), which may take its time; ended(reason, error), the
	// last one. rejoinMs: for how long a lost connection is tried again. clockRate: for tests.
	constructor(options) {
		this.#o = { ...options, rejoinMs: options.rejoinMs ?? 60000, clockRate: options.clockRate ?? 1 };
	}

	get connected() { return this.#socket !== null; }

	async open() {
		const joined = await this.#connect();
		this.#watch = setInterval(() => this.#look(), this.#ms(SILENCE) / 3);
		globalThis.addEventListener?.('online', this.#online);
		return joined;
	}

	request(message) {
		const id = this.#nextId++;
		return new Promise((resolve, reject) => {
			if (this.#over)
				return reject(new RoomError('ECONN', 'not connected'));
			const r = { message: { ...message, id }, sent: false, resolve, reject };
			this.#waiting.set(id, r);
			this.#send(id, r);
		});
	}

	close(reason) {
		if (this.#over)
			return;
		this.#over = true;
		clearInterval(this.#watch);
		clearTimeout(this.#retryTimer);
		globalThis.removeEventListener?.('online', this.#online);
		this.#drop(1000);
		this.failRequests(() => true, reason);
	}

	failRequests(which, reason) {
		for (const [id, r] of this.#waiting)
			if (which(r)) {
				clearTimeout(r.timer);
				this.#waiting.delete(id);
				r.reject(new RoomError('ECONN', reason));
			}
	}

	#ms(ms) { return ms / this.#o.clockRate; }

	#online = () => {
		if (!this.#socket && this.#lostAt)
			this.#try();
	};

	// ---- sockets ----

	#connect() {
		const id = this.#nextId++, socket = this.#trying = new WebSocket(this.#o.url.replace(/\/+$/, '') + '/v1', 'loquat.v1');
		return new Promise((resolve, reject) => {
			let joined = false;
			socket.onopen = () => socket.send(JSON.stringify({ ...this.#o.join, user: this.#user || this.#o.join.user, id, device: this.#device,
				...(this.#session ? { session: this.#session, seq: this.#seq } : {}) }));
			socket.onmessage = (e) => {
				const m = JSON.parse(e.data);
				this.#heard = performance.now();
				if (joined)
					return this.#onMessage(m);
				if (m.id !== id)
					return;
				joined = true;
				this.#trying = null;
				if (m.type !== 'error')
					return resolve(this.#take(socket, m));
				socket.onclose = null;
				socket.close();
				reject(Object.assign(new RoomError(m.code, m.message), { final: true }));
			};
			socket.onclose = (e) => {
				if (!joined)
					reject(new RoomError('ECONN', `no connection to ${this.#o.url}`));
				else if (this.#socket === socket)
					this.#lose(e.reason || 'the connection to the server is lost');
			};
		});
	}

	#trying = null;
	#lostAt = 0;
	#wait = 0;

	#take(socket, m) {
		this.#socket = socket;
		this.#user = m.user;
		this.#session = m.session;
		if (!m.resumed)
			this.#seq = m.seq;
		return m;
	}

	#drop(status) {
		for (const socket of [this.#socket, this.#trying])
			if (socket) {
				socket.onopen = socket.onclose = socket.onmessage = null;
				socket.close(status);
			}
		this.#socket = this.#trying = null;
	}

	#lose(reason) {
		if (this.#over)
			return;
		this.#drop(RETURNS);
		for (const r of this.#waiting.values())
			clearTimeout(r.timer);
		this.#lostAt = performance.now();
		this.#wait = this.#ms(FIRST_RETRY);
		this.#o.lost(reason);
		this.#later();
	}

	#later() {
		const left = this.#ms(this.#o.rejoinMs) - (performance.now() - this.#lostAt);
		if (left <= 0)
			return this.#end('the connection could not be restored in time', new RoomError('ECONN', 'the connection could not be restored in time'));
		this.#retryTimer = setTimeout(() => this.#try(), Math.min(left, this.#wait * (0.75 + Math.random() / 4)));
		this.#wait = Math.min(2 * this.#wait, this.#ms(LAST_RETRY));
	}

	#try() {
		clearTimeout(this.#retryTimer);
		if (this.#over || this.#socket)
			return;
		this.#drop(RETURNS);
		const tooLong = setTimeout(() => this.#trying?.close(RETURNS), LAST_RETRY);
		this.#connect().then((joined) => this.#back(joined), (e) => {
			if (e.final)
				this.#end(e.message, e);
			else if (!this.#over && !this.#socket)
				this.#later();
		}).finally(() => clearTimeout(tooLong));
	}

	// Requests about tracks and descriptions make no sense in a new membership; of the others nobody knows whether they were done.
	async #back(joined) {
		this.#lostAt = 0;
		if (!joined.resumed)
			this.failRequests((r) => r.sent || !KEPT.includes(r.message.type), 'the connection to the server was lost meanwhile');
		const socket = this.#socket;
		await this.#o.back(joined);
		if (this.#socket === socket)
			for (const [id, r] of this.#waiting)
				if (joined.resumed ? r.socket !== socket : !r.sent)
					this.#send(id, r);
	}

	#end(reason, error) {
		this.close(reason);
		this.#o.ended(reason, error);
	}

	// Whether the server still says something; a page cannot send the pings of WebSocket.
	#look() {
		const silent = performance.now() - this.#heard;
		if (!this.#socket)
			return;
		if (silent > this.#ms(SILENCE))
			this.#lose('the server does not answer any more');
		else if (silent > this.#ms(SILENCE) / 3)
			this.#socket.send(JSON.stringify({ type: 'ping' }));
	}

	// ---- messages ----

	#send(id, r) {
		if (!this.#socket)
			return;
		this.#socket.send(JSON.stringify(r.sent ? { ...r.message, again: true } : r.message));
		r.sent = true;
		r.socket = this.#socket;
		r.timer = setTimeout(() => {
			this.#waiting.delete(id);
			r.reject(new RoomError('ETIMEDOUT', `no answer to ${r.message.type}`));
		}, REQUEST_TIMEOUT);
	}

	#onMessage(m) {
		const waiting = this.#waiting.get(m.id);
		if (waiting) {
			this.#waiting.delete(m.id);
			clearTimeout(waiting.timer);
			return m.type === 'error' ? waiting.reject(new RoomError(m.code, m.message)) : waiting.resolve(m);
		}
		if (m.seq && m.seq <= this.#seq)
			return;
		if (m.seq)
			this.#seq = m.seq;
		if (m.type === 'pong')
			return;
		if (m.type === 'kicked' && (m.reason === 'timeout' || m.reason === 'shutdown')) // it did not mean us: we come back
			return this.#lose(m.reason);
		this.#o.event(m);
	}
}

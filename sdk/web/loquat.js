// The browser client of Loquat: joins a room of loquatd, publishes camera and microphone, receives everybody else's tracks.
//
//   const room = new Room({ url: 'ws://host:7880', room: 'kitchen', name: 'Ann' });
//   room.addEventListener('track', (e) => show(e.detail.info, e.detail.track));
//   await room.join();
//   await room.publish(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
//
// Events (CustomEvent, `detail`): userjoined {user, name, guest: {room, user} where it is lent from another room} · userleft {user, reason} · track {info, track} · trackended {info} ·
// quality {qualities: [{user ("" ourselves), up, down}]} every 2 s: 0 unknown, 1 excellent … 6 down · published {info} · unpublished {info}: whether
// or not it is subscribed · muted {info} · layer {info, layer, width, height}: which layer of a picture comes now · message {from, text, private} ·
// attributes {of, user, attributes} · connection {state: 'reconnecting', 'connected' or 'failed', reason} · rejoined {room_sid, user}: a new membership, what differs follows ·
// kicked {reason} · closed {reason} · error {message}. `info` is the protocol's track: id, user, kind, stream, codec,
// muted, width, height, layers where it has several.
//
// profile {profile: 'communication' or 'live'}: what the room is from now on, as in room.profile · roomlocked {locked} · control {kind, stream, on, by}: we are to open or close our microphone or camera · device {user, kind, stream, state, by} ·
// cameras {user, cameras} · defaultcamera {user, stream, by} · egress {task, state, code, text}: of an egress task · role {role}: we are "broadcaster" or "audience" now ·
// stagerequest {user, name, on, reason, by}: to hosts · stageanswer {state, by, reason}: what came of our askForStage, "accepted", "refused", "timeout"; or "removed" ·
// guest {room, user, on, reason}: we are shown in another room.
//
// Options besides: profile: "live" (of a room that we make), create: "auto" (default) or "must_exist", password, info (shown to others), role, codec, layers (see publish), autoSubscribe: true (default), false, "audio" or "video".

import { Link, RoomError } from './link.js';
import { Members } from './members.js';
import { Receiving } from './receiving.js';
import { Sending } from './sending.js';
import { Stage } from './stage.js';

export { RoomError };

const RENEW_EVERY = 5000; // not more often
export const LAYERS = ['high', 'mid', 'low'];
export const STREAMS = ['main', 'sub', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth'];

export class Room extends EventTarget {
	#options;
	#link = null;
	#renew = ''; // media has lost its way to the server: 'wanted', 'asked' the server
	#renewed = -Infinity;
	#sending;
	#receiving;
	#members = new Members((type, detail) => this.#emit(type, detail));
	#qualityTimer = null;

	constructor(options) {
		super();
		this.#options = { autoSubscribe: true, ...options };
		this.user = '';
		this.role = options.role ?? 'broadcaster';
		this.profile = this.#options.profile ?? 'communication'; // of the room
		this.localStreams = new Map(); // ours by name
		const ways = { request: (m) => this.#request(m), emit: (type, detail) => this.#emit(type, detail) };
		this.#sending = new Sending({ ...ways, connect: () => this.#connect('sending'), isLive: () => this.profile === 'live', streams: this.localStreams,
			codec: this.#options.codec });
		this.#receiving = new Receiving({ ...ways, connect: () => this.#connect('receiving'), members: this.#members, auto: this.#options.autoSubscribe });
	}

	// The others: user: {user, name, tracks: Map of id: info}.
	get members() { return this.#members.all; }

	// The room's.
	get attributes() { return this.#members.attributes; }

	// That of "main".
	get localStream() { return this.localStreams.get('main') ?? null; }
	set localStream(stream) {
		if (stream)
			this.localStreams.set('main', stream);
		else
			this.localStreams.delete('main');
	}

	async join() {
		const o = this.#options;
		this.#joining = { type: 'join', v: 1, room: o.room, user: o.user || '', name: o.name || '', token: o.token || '', create: o.create,
			password: o.password || undefined, info: o.info || undefined, role: o.role, profile: o.profile, login: o.login || undefined };
		const link = this.#link = new Link({
			url: o.url, rejoinMs: o.rejoinMs, clockRate: o.clockRate,
			join: this.#joining,
			event: (m) => this.#onEvent(m),
			lost: (reason) => this.#emit('connection', { state: 'reconnecting', reason }),
			back: (joined) => this.#back(joined),
			ended: (reason) => {
				this.#emit('connection', { state: 'failed', reason });
				this.#end(reason);
			},
		});
		const joined = await link.open().catch((e) => {
			this.#link = null;
			link.close(e.message);
			throw e;
		});
		this.user = joined.user;
		this.name = joined.name;
		this.#members.attributes = joined.attributes ?? {};
		this.profile = joined.profile ?? 'communication';
		for (const m of joined.members)
			this.#members.add(m);
		this.role = joined.role ?? 'broadcaster';
		this.#stage.waits(joined.waiting);
		this.#receiving.welcome(this.#members.tracks.map((t) => t.id));
		clearInterval(this.#qualityTimer);
		this.#qualityTimer = setInterval(() => this.#members.tellQuality(this.user), 2000);
		return joined;
	}

	// Publishes the tracks of a MediaStream as a stream of ours: "main", "sub" (the screen), "third" … "ninth". Again: a kind that was not published
	// yet, or no more. layers: 1, 2 or 3, or what each is like, the best first: [{scale, bitrate, fps}]; the picture is then sent in so many qualities (VP8 and H.264), of
	// which each receiver has the one that it chooses. scale: by how much it is smaller than the camera's. Below 960x540 there are two at most, below 480x270 one.
	async publish(stream, name = 'main', { layers = this.#options.layers } = {}) {
		if (!STREAMS.includes(name))
			throw new RoomError('EINVAL', `there is no stream "${name}": ${STREAMS.join(', ')}`);
		await this.#sending.publish(stream, name, layers);
	}

	// kind: "audio" or "video". The track itself is the app's to stop.
	unpublish(kind, name = 'main') { return this.#sending.unpublish(kind, name); }

	// Another track, of the same kind, in the place of a published one: nothing is published anew. The old one is stopped.
	replaceTrack(track, name = 'main') { return this.#sending.replaceTrack(track, name); }

	// For everybody in the room: "communication" or "live". Needs the right `admin`.
	setProfile(profile) {
		return this.#request({ type: 'room_profile', profile });
	}

	async #onProfile(profile) {
		if (profile === this.profile)
			return;
		this.profile = profile;
		this.#emit('profile', { profile });
		await this.#sending.renegotiate(); // stereo
	}

	// kind: "audio" or "video".
	async mute(kind, muted, name = 'main') {
		for (const track of this.localStreams.get(name)?.getTracks() ?? [])
			if (track.kind === kind)
				track.enabled = !muted;
		const track = this.#sending.id(name, kind);
		if (track)
			await this.#request({ type: 'mute', track, muted });
	}

	// Which layer of somebody's picture comes: "high", "mid" or "low". At any time: remembered. The event `layer` tells what comes of it.
	async setLayer(user, layer, stream = 'main') {
		if (!LAYERS.includes(layer))
			throw new RoomError('EINVAL', `there is no layer "${layer}": ${LAYERS.join(', ')}`);
		await this.#receiving.setLayer(user, layer, stream);
	}

	// kind: "audio" or "video".
	subscribe(user, kind, stream = 'main') {
		const info = this.#members.find(user, kind, stream);
		if (!info)
			return Promise.reject(new RoomError('ENOENT', `${user} does not publish ${stream} ${kind}`));
		return this.#receiving.subscribe([info.id]);
	}

	async unsubscribe(user, kind, stream = 'main') {
		const info = this.#members.find(user, kind, stream);
		if (info)
			await this.#receiving.unsubscribe(info);
	}

	// A text to all others, or to one.
	send(text, to = '') { return this.#request({ type: 'message', text, to }); }

	// Puts a user out (the right `admin`).
	kick(user, reason) { return this.#request({ type: 'kick', user, reason }); }

	// Egress tasks (the right `admin`; docs/protocol.md says what a spec has): the task's id; whether the task takes the layout; all tasks.
	async egressStart(spec) { return (await this.#request({ ...spec, type: 'egress_start' })).task; }
	egressLayout(task, layout) { return this.#request({ type: 'egress_layout', task, layout }); }
	egressStop(task) { return this.#request({ type: 'egress_stop', task }); }
	async egressList() { return (await this.#request({ type: 'egress_list' })).tasks; }

	// ---- the stage, and guests ----

	// Of the audience: asks the hosts to come up, or asks no more. The event `stageanswer` says what came of it.
	askForStage(on = true) { return this.#stage.ask(on); }

	// A host's.
	answerStage(user, accept, reason) { return this.#request({ type: 'stage_answer', user, accept, reason }); }

	removeFromStage(user, reason) { return this.#request({ type: 'stage_remove', user, reason }); }

	// Up or down by ourselves: "broadcaster" or "audience", which publishes nothing. Tracks are the app's to stop.
	async setRole(role) {
		await this.#request({ type: 'role', role });
		this.#joining.role = role;
		this.#become(role);
	}

	// Shows a broadcaster of another room in ours, too. Returns what it is called here.
	async addGuest(room, user, token) { return (await this.#request({ type: 'guest_add', room, user, token })).user; }

	removeGuest(user) { return this.#request({ type: 'guest_remove', user }); }

	// We are shown in that room no more.
	leaveAsGuest(room) { return this.#request({ type: 'guest_remove', room }); }

	// Who asks to come up, where we are host: name by user.
	get waiting() { return this.#stage.waiting; }

	#joining = null; // what the join says
	#stage = new Stage((m) => this.#request(m), (type, detail) => this.#emit(type, detail), (role) => this.#become(role));

	#become(role) {
		if (role === this.role)
			return;
		this.role = role;
		this.#stage.became(role);
		if (role === 'audience') {
			this.#joining.role = role;
			this.#sending.dropped();
		}
		this.#emit('role', { role });
	}

	// ---- others' devices ----

	// Asks the page of a user (ourselves, too) to open or close its microphone ("audio") or camera ("video"): the event `control` there, `device` at all.
	control(user, kind, on, stream = 'main') { return this.#request({ type: 'control', user, kind, stream, on }); }

	// That ours did not open ("closed"), or is not there ("none").
	tellDevice(kind, state, stream = 'main') { return this.#request({ type: 'device', kind, stream, state }); }

	// Which cameras we have: [{stream, name}].
	tellCameras(cameras) { return this.#request({ type: 'cameras', cameras }); }

	// With which of its cameras a user (ourselves, too) begins.
	setDefaultCamera(user, stream) { return this.#request({ type: 'default_camera', user, stream }); }

	// Texts by name, null takes one away; `of` is "room" or "user" (ourselves).
	setAttributes(of, attributes) { return this.#request({ type: 'attributes', of, attributes }); }

	async leave() {
		if (this.#link?.connected)
			await this.#request({ type: 'leave' }).catch(() => {});
		this.#end('left');
	}

	// What the browser measures: {sending, receiving}, each an RTCStatsReport or null.
	async stats() {
		return { sending: (await this.#sending.pc?.getStats()) ?? null, receiving: (await this.#receiving.pc?.getStats()) ?? null };
	}

	// What the server counts for us: publish and subscribe, each {open, tracks: [{track, and figures by their W3C webrtc-stats names}]}.
	serverStats() { return this.#request({ type: 'stats' }); }

	// ---- the connection ----

	#request(message) {
		return this.#link ? this.#link.request(message) : Promise.reject(new RoomError('ECONN', 'not connected'));
	}

	#end(reason) {
		const link = this.#link;
		if (!link)
			return;
		this.#link = null;
		link.close(reason);
		clearInterval(this.#qualityTimer);
		this.#sending.pc?.close();
		this.#receiving.pc?.close();
		this.#emit('closed', { reason });
	}

	// After a short loss nothing has to be done: what was missed comes now. After a long one this is a new membership.
	async #back(joined) {
		this.#emit('connection', { state: 'connected', reason: '' });
		if (!joined.resumed)
			await this.#rejoined(joined);
		else if (this.#renew)
			await this.#renewMedia();
	}

	async #rejoined(joined) {
		this.#anew();
		this.#renew = '';
		this.#emit('rejoined', { room_sid: joined.room_sid, user: joined.user });
		this.#members.rejoined(joined.members, joined.attributes ?? {});
		this.#stage.rejoined(joined);
		await this.#onProfile(joined.profile ?? 'communication');
		this.#receiving.resubscribe();
		await this.#sending.republish();
	}

	// ---- media on new connections ----

	#anew() {
		this.#sending.anew();
		this.#receiving.anew();
	}

	#connect(what) {
		const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
		let worked = false;
		pc.addEventListener('connectionstatechange', () => {
			worked ||= pc.connectionState === 'connected';
			if (pc.connectionState === 'failed' && worked && (pc === this.#sending.pc || pc === this.#receiving.pc))
				this.#renewMedia();
			else if (pc.connectionState === 'failed')
				this.#emit('error', { message: `${what} media failed: the server's UDP port is not reachable` });
		});
		return pc;
	}

	// The same membership: others see the tracks go and come back.
	async #renewMedia() {
		const now = performance.now();
		this.#renew = this.#renew || 'wanted';
		if (!this.#link?.connected || this.#renew === 'asked')
			return;
		if (now - this.#renewed < RENEW_EVERY) {
			this.#renew = '';
			this.#emit('error', { message: 'media has no way to the server: its UDP port is not reachable' });
			return;
		}
		this.#renewed = now;
		this.#renew = 'asked';
		this.#anew();
		try {
			await this.#request({ type: 'renew' });
		} catch {
			return; // a new membership begins anew by itself
		} finally {
			this.#renew = '';
		}
		this.#receiving.resubscribe();
		await this.#sending.republish();
	}

	// ---- events ----

	#emit(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	#onEvent(m) { this.#on[m.type]?.(m); }

	// By the type of a message; a client has to ignore those that it does not know.
	#on = {
		__proto__: null,
		offer: (m) => {
			if (this.#renew !== 'asked') // else it is of the connections that were
				this.#receiving.onOffer(m);
		},
		user_joined: (m) => this.#members.add({ ...m, tracks: [] }),
		user_left: (m) => this.#members.drop(m.user, m.reason),
		track_published: (m) => {
			this.#members.onPublished(m);
			this.#receiving.welcome([m.track.id]);
		},
		track_unpublished: (m) => {
			const info = this.#members.removeTrack(m);
			this.#receiving.ended(m.track, info);
			if (info)
				this.#emit('unpublished', { info });
		},
		track_muted: (m) => this.#members.onMuted(m),
		quality: (m) => this.#members.onQuality(m),
		layer: (m) => this.#members.onLayer(m),
		control: (m) => this.#emit('control', { kind: m.kind, stream: m.stream, on: m.on, by: m.by ?? '' }),
		device: (m) => this.#emit('device', { user: m.user, kind: m.kind, stream: m.stream, state: m.state, by: m.by ?? '' }),
		cameras: (m) => this.#members.onCameras(m),
		default_camera: (m) => this.#members.onDefaultCamera(m),
		egress: (m) => this.#emit('egress', { task: m.task, state: m.state, code: m.code ?? '', text: m.text ?? '' }),
		stage_request: (m) => this.#stage.onRequest(m),
		stage_answer: (m) => this.#stage.onAnswer(m),
		guest: (m) => this.#emit('guest', { room: m.room, user: m.user, on: m.on, reason: m.reason ?? '' }),
		room_profile: (m) => this.#onProfile(m.profile).catch((e) => {
			if (e.code !== 'ECONN') // else it is published again
				this.#emit('error', { message: `what is sent did not follow the room's profile: ${e.message}` });
		}),
		room_locked: (m) => this.#emit('roomlocked', { locked: m.locked }),
		message: (m) => this.#emit('message', { from: m.from, text: m.text, private: m.private }),
		attributes: (m) => this.#members.onAttributes(m),
		kicked: (m) => {
			this.#emit('kicked', { reason: m.reason });
			this.#end(m.reason);
		},
		error: (m) => this.#emit('error', { message: m.message }),
	};
}

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
import { setRates, wantMusic } from './profile.js';
import { Stage } from './stage.js';

export { RoomError };

const RENEW_EVERY = 5000; // not more often
export const LAYERS = ['high', 'mid', 'low'];
export const STREAMS = ['main', 'sub', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth'];

export class Room extends EventTarget {
	#options;
	#link = null;
	#rev = 0; // of the last offer
	#life = 0; // how often media was begun anew
	#restore = []; // what is to be published again then: "main-video"
	#before = { known: new Set(), asked: new Set() }; // tracks as they were then: "ann/main-video"
	#layers = new Map(); // of our streams by name, as they were published
	#renew = ''; // media has lost its way to the server: 'wanted', 'asked' the server
	#renewed = -Infinity;
	#sending = null; // peer connections
	#receiving = null;
	#offers = Promise.resolve(); // offers are answered one after the other
	#published = new Map(); // our track ids by "main-video" and the like
	#shown = new Set(); // ids of tracks that were given to the app
	#qualities = new Map(); // by user: {up, down}
	#qualityTimer = null;
	#asked = new Set(); // ids of tracks that were subscribed
	#slots = new Map(); // what each transceiver of ours carries: "main-video"
	#wishes = new Map(); // layers that we want of others: by "user/stream"

	constructor(options) {
		super();
		this.#options = { autoSubscribe: true, ...options };
		this.user = '';
		this.members = new Map(); // user: {user, name, tracks: Map of id: info}
		this.attributes = {};
		this.role = options.role ?? 'broadcaster';
		this.profile = this.#options.profile ?? 'communication'; // of the room
		this.localStreams = new Map(); // ours by name
	}

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
		this.attributes = joined.attributes ?? {};
		this.profile = joined.profile ?? 'communication';
		for (const m of joined.members)
			this.#addMember(m);
		this.role = joined.role ?? 'broadcaster';
		this.#stage.waits(joined.waiting);
		this.#subscribeAll();
		clearInterval(this.#qualityTimer);
		this.#qualityTimer = setInterval(() => this.#tellQuality(), 2000);
		return joined;
	}

	// Publishes the tracks of a MediaStream as a stream of ours: "main", "sub" (the screen), "third" … "ninth". Again: a kind that was not published
	// yet, or no more. layers: 1, 2 or 3, or what each is like, the best first: [{scale, bitrate, fps}]; the picture is then sent in so many qualities (VP8 and H.264), of
	// which each receiver has the one that it chooses. scale: by how much it is smaller than the camera's. Below 960x540 there are two at most, below 480x270 one.
	async publish(stream, name = 'main', { layers = this.#options.layers } = {}) {
		if (!STREAMS.includes(name))
			throw new RoomError('EINVAL', `there is no stream "${name}": ${STREAMS.join(', ')}`);
		if (stream.getTracks().some((t) => this.#published.has(`${name}-${t.kind}`)))
			throw new RoomError('ESTATE', 'already publishing');
		if (!this.#sending) {
			this.#sending = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
			this.#watch(this.#sending, 'sending');
		}
		for (const track of stream.getTracks())
			await this.#sendTrack(track, stream, name, track.kind === 'video' ? encodingsOf(layers, track.getSettings()) : []);
		this.#layers.set(name, layers);
		await this.#offer();
	}

	// kind: "audio" or "video". The track itself is the app's to stop.
	async unpublish(kind, name = 'main') {
		const slot = `${name}-${kind}`;
		const track = this.#published.get(slot);
		if (!track)
			return;
		this.#published.delete(slot);
		const transceiver = this.#sending.getTransceivers().find((t) => this.#slots.get(t) === slot);
		this.#slots.delete(transceiver);
		await transceiver.sender.replaceTrack(null);
		transceiver.direction = 'inactive';
		await this.#request({ type: 'unpublish', tracks: [track] });
	}

	// Another track, of the same kind, in the place of a published one: nothing is published anew. The old one is stopped.
	async replaceTrack(track, name = 'main') {
		const slot = `${name}-${track.kind}`;
		const transceiver = this.#sending?.getTransceivers().find((t) => this.#slots.get(t) === slot && t.sender.track);
		if (!transceiver)
			throw new RoomError('ESTATE', `"${name}" has no ${track.kind} that is published`);
		const old = transceiver.sender.track, media = this.localStreams.get(name);
		track.enabled = old.enabled;
		await transceiver.sender.replaceTrack(track);
		media?.removeTrack(old);
		media?.addTrack(track);
		old.stop();
	}

	#local(name, stream) {
		const known = this.localStreams.get(name);
		if (!known) {
			this.localStreams.set(name, stream);
			return;
		}
		for (const track of stream.getTracks()) {
			if (known.getTracks().includes(track))
				continue;
			for (const old of known.getTracks())
				if (old.kind === track.kind)
					known.removeTrack(old);
			known.addTrack(track);
		}
	}

	async #sendTrack(track, stream, name, encodings) {
		const pc = this.#sending;
		this.#local(name, stream);
		const rids = (t) => t.sender.getParameters().encodings.map((e) => e.rid).filter(Boolean).join();
		const free = pc.getTransceivers().find((t) => t.receiver.track.kind === track.kind && !t.sender.track && rids(t) === encodings.map((e) => e.rid).join());
		if (free) {
			await free.sender.replaceTrack(track);
			free.direction = 'sendonly';
			this.#slots.set(free, `${name}-${track.kind}`);
			return;
		}
		const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream], ...(encodings.length && { sendEncodings: encodings }) });
		this.#slots.set(transceiver, `${name}-${track.kind}`);
		if (track.kind === 'video' && this.#options.codec)
			preferCodec(transceiver, this.#options.codec);
	}

	async #offer() {
		const pc = this.#sending;
		await pc.setLocalDescription();
		const tracks = pc.getTransceivers().filter((t) => t.sender.track).map((t) => {
			const [stream, kind] = this.#slots.get(t).split('-');
			return { mid: t.mid, kind, stream, ...sizesOf(t) };
		});
		const published = await this.#request({ type: 'publish', sdp: pc.localDescription.sdp, tracks });
		for (const t of published.tracks) {
			const { stream, kind } = tracks.find((x) => x.mid === t.mid);
			this.#published.set(`${stream}-${kind}`, t.track);
		}
		await pc.setRemoteDescription({ type: 'answer', sdp: this.profile === 'live' ? wantMusic(published.sdp) : published.sdp });
		await setRates(pc, this.profile === 'live');
	}

	// For everybody in the room: "communication" or "live". Needs the right `admin`.
	setProfile(profile) {
		return this.#request({ type: 'room_profile', profile });
	}

	async #onProfile(profile) {
		if (profile === this.profile)
			return;
		this.profile = profile;
		this.#emit('profile', { profile });
		if (this.#published.size)
			await this.#offer(); // stereo is agreed on anew
	}

	// kind: "audio" or "video".
	async mute(kind, muted, name = 'main') {
		for (const track of this.localStreams.get(name)?.getTracks() ?? [])
			if (track.kind === kind)
				track.enabled = !muted;
		const track = this.#published.get(`${name}-${kind}`);
		if (track)
			await this.#request({ type: 'mute', track, muted });
	}

	// Which layer of somebody's picture comes: "high", "mid" or "low". At any time: remembered. The event `layer` tells what comes of it.
	async setLayer(user, layer, stream = 'main') {
		if (!LAYERS.includes(layer))
			throw new RoomError('EINVAL', `there is no layer "${layer}": ${LAYERS.join(', ')}`);
		this.#wishes.set(`${user}/${stream}`, layer);
		const info = this.#find(user, 'video', stream);
		if (info && this.#asked.has(info.id))
			await this.#request({ type: 'layer', track: info.id, layer });
	}

	// kind: "audio" or "video".
	subscribe(user, kind, stream = 'main') {
		const info = this.#find(user, kind, stream);
		if (!info)
			return Promise.reject(new RoomError('ENOENT', `${user} does not publish ${stream} ${kind}`));
		return this.#ask([info.id]);
	}

	async unsubscribe(user, kind, stream = 'main') {
		const info = this.#find(user, kind, stream);
		if (!info || !this.#asked.delete(info.id))
			return;
		await this.#request({ type: 'unsubscribe', tracks: [info.id] });
		if (this.#shown.delete(info.id))
			this.#emit('trackended', { info });
	}

	#find(user, kind, stream) {
		return [...this.members.get(user)?.tracks.values() ?? []].find((t) => t.kind === kind && t.stream === stream);
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
			this.#unpublished();
		}
		this.#emit('role', { role });
	}

	// The server has dropped all of ours.
	#unpublished() {
		this.#published.clear();
		this.#restore = [];
		for (const t of this.#sending?.getTransceivers() ?? []) {
			this.#slots.delete(t);
			t.sender.replaceTrack(null);
			t.direction = 'inactive';
		}
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
		return { sending: (await this.#sending?.getStats()) ?? null, receiving: (await this.#receiving?.getStats()) ?? null };
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
		this.#sending?.close();
		this.#receiving?.close();
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
		const now = new Map(joined.members.map((m) => [m.user, m]));
		this.#anew();
		this.#renew = '';
		this.#emit('rejoined', { room_sid: joined.room_sid, user: joined.user });
		for (const [user, { tracks }] of [...this.members].filter(([u]) => !now.has(u))) {
			for (const info of tracks.values())
				this.#emit('unpublished', { info });
			this.#dropMember(user, 'left');
		}
		for (const m of now.values())
			if (this.members.has(m.user))
				this.#updateMember(m);
			else
				this.#addMember(m);
		this.#differ('room', '', this.attributes, joined.attributes ?? {});
		this.#stage.rejoined(joined);
		await this.#onProfile(joined.profile ?? 'communication');
		this.#resubscribe();
		await this.#republish();
	}

	#updateMember({ user, tracks, attributes = {}, cameras = [], default_camera: defaultCamera = 'main' }) {
		const member = this.members.get(user), before = [...member.tracks.values()], same = (t) => (o) => keyOf(o) === keyOf(t) && o.codec === t.codec;
		Object.assign(member, { cameras, defaultCamera, tracks: new Map(tracks.map((t) => [t.id, t])) });
		for (const info of before.filter((t) => !tracks.some(same(t))))
			this.#emit('unpublished', { info });
		for (const info of tracks) {
			const old = before.find(same(info));
			if (!old)
				this.#emit('published', { info });
			else if (old.muted !== info.muted)
				this.#emit('muted', { info });
		}
		this.#differ('user', user, member.attributes, attributes);
	}

	#differ(of, user, known, now) {
		const changes = Object.fromEntries([...new Set([...Object.keys(known), ...Object.keys(now)])].filter((n) => known[n] !== now[n]).map((n) => [n, now[n] ?? null]));
		if (Object.keys(changes).length)
			this.#onAttributes({ of, user, attributes: changes });
	}

	// ---- media on new connections ----

	#anew() {
		this.#life++;
		this.#rev = 0;
		this.#restore = [...new Set([...this.#restore, ...this.#published.keys()])];
		this.#sending?.close();
		this.#receiving?.close();
		this.#sending = this.#receiving = null;
		this.#offers = Promise.resolve();
		this.#published.clear();
		this.#slots.clear();
		for (const { tracks } of this.members.values())
			for (const [id, info] of tracks)
				if (this.#shown.has(id))
					this.#emit('trackended', { info });
		const all = [...this.members.values()].flatMap((m) => [...m.tracks.values()]);
		this.#before = { known: new Set(all.map(keyOf)), asked: new Set(all.filter((t) => this.#asked.has(t.id)).map(keyOf)) };
		this.#shown.clear();
		this.#asked.clear();
	}

	// What was subscribed, and what is new.
	#resubscribe() {
		const all = [...this.members.values()].flatMap((m) => [...m.tracks.values()]), { known, asked } = this.#before;
		const again = all.filter((t) => asked.has(keyOf(t))).map((t) => t.id);
		if (again.length)
			this.#ask(again).catch((e) => e.code !== 'ECONN' && this.#emit('error', { message: e.message }));
		this.#subscribe(all.filter((t) => !known.has(keyOf(t))).map((t) => t.id));
	}

	async #republish() {
		const life = this.#life, wanted = this.#restore;
		const tracks = [...this.localStreams].flatMap(([name, stream]) => stream.getTracks().map((track) => ({ name, stream, track, slot: `${name}-${track.kind}` })))
			.filter((t) => wanted.includes(t.slot) && t.track.readyState === 'live');
		if (!tracks.length)
			return;
		this.#sending = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
		this.#watch(this.#sending, 'sending');
		try {
			for (const { name, stream, track } of tracks)
				await this.#sendTrack(track, stream, name, track.kind === 'video' ? encodingsOf(this.#layers.get(name), track.getSettings()) : []);
			await this.#offer();
			for (const { track, slot } of tracks)
				if (!track.enabled)
					await this.#request({ type: 'mute', track: this.#published.get(slot), muted: true });
			if (life === this.#life)
				this.#restore = [];
		} catch (e) {
			if (life === this.#life && e.code !== 'ECONN') // else it begins anew once more
				this.#emit('error', { message: `could not publish again: ${e.message}` });
		}
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
		this.#resubscribe();
		await this.#republish();
	}

	// ---- events ----

	#emit(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	#onEvent(m) {
		switch (m.type) {
		case 'offer':
			if (this.#renew === 'asked')
				break; // of the connections that were
			this.#offers = this.#offers.then(() => this.#onOffer(m)).catch((e) => {
				if (e.code !== 'ECONN') // else the server makes it again
					this.#emit('error', { message: e.message });
			});
			break;
		case 'user_joined':
			this.#addMember({ ...m, tracks: [] });
			break;
		case 'user_left':
			this.#dropMember(m.user, m.reason);
			break;
		case 'track_published':
			this.members.get(m.track.user)?.tracks.set(m.track.id, m.track);
			this.#emit('published', { info: m.track });
			this.#subscribe([m.track.id]);
			break;
		case 'track_unpublished':
			this.#onUnpublished(m);
			break;
		case 'track_muted':
			this.#onMuted(m);
			break;
		case 'quality':
			for (const { user, up, down } of m.members)
				this.#qualities.set(user, { up, down });
			break;
		case 'layer':
			this.#onLayer(m);
			break;
		case 'control':
			this.#emit('control', { kind: m.kind, stream: m.stream, on: m.on, by: m.by ?? '' });
			break;
		case 'device':
			this.#emit('device', { user: m.user, kind: m.kind, stream: m.stream, state: m.state, by: m.by ?? '' });
			break;
		case 'cameras':
			Object.assign(this.members.get(m.user) ?? {}, { cameras: m.cameras });
			this.#emit('cameras', { user: m.user, cameras: m.cameras });
			break;
		case 'default_camera':
			Object.assign(this.members.get(m.user) ?? {}, { defaultCamera: m.stream });
			this.#emit('defaultcamera', { user: m.user, stream: m.stream, by: m.by ?? '' });
			break;
		case 'egress':
			this.#emit('egress', { task: m.task, state: m.state, code: m.code ?? '', text: m.text ?? '' });
			break;
		case 'stage_request':
			this.#stage.onRequest(m);
			break;
		case 'stage_answer':
			this.#stage.onAnswer(m);
			break;
		case 'guest':
			this.#emit('guest', { room: m.room, user: m.user, on: m.on, reason: m.reason ?? '' });
			break;
		case 'room_profile':
			this.#onProfile(m.profile).catch((e) => this.#emit('error', { message: `what is sent did not follow the room's profile: ${e.message}` }));
			break;
		case 'room_locked':
			this.#emit('roomlocked', { locked: m.locked });
			break;
		case 'message':
			this.#emit('message', { from: m.from, text: m.text, private: m.private });
			break;
		case 'attributes':
			this.#onAttributes(m);
			break;
		case 'kicked':
			this.#emit('kicked', { reason: m.reason });
			this.#end(m.reason);
			break;
		case 'error':
			this.#emit('error', { message: m.message });
			break;
		}
	}

	#tellQuality() {
		const of = (user) => this.#qualities.get(user) ?? { up: 0, down: 0 };
		this.#emit('quality', { qualities: [{ user: '', ...of(this.user) }, ...[...this.members.keys()].map((user) => ({ user, ...of(user) }))] });
	}

	#onAttributes({ of, user, attributes }) {
		const target = of === 'room' ? this.attributes : this.members.get(user)?.attributes ?? {};
		for (const [name, value] of Object.entries(attributes))
			if (value === null)
				delete target[name];
			else
				target[name] = value;
		this.#emit('attributes', { of, user, attributes });
	}

	#dropMember(user, reason) {
		this.members.delete(user);
		this.#qualities.delete(user);
		this.#emit('userleft', { user, reason });
	}

	#addMember({ user, name, tracks, info = '', attributes = {}, cameras = [], default_camera: defaultCamera = 'main', guest = null }) {
		this.members.set(user, { user, name, info, attributes, cameras, defaultCamera, guest, tracks: new Map(tracks.map((t) => [t.id, t])) });
		this.#emit('userjoined', { user, name, info, guest });
	}

	#onUnpublished({ user, track }) {
		const info = this.members.get(user)?.tracks.get(track);
		this.members.get(user)?.tracks.delete(track);
		this.#asked.delete(track);
		if (this.#shown.delete(track) && info)
			this.#emit('trackended', { info });
		if (info)
			this.#emit('unpublished', { info });
	}

	#onLayer({ user, track, layer, width, height }) {
		const info = this.members.get(user)?.tracks.get(track);
		if (info)
			this.#emit('layer', { info, layer, width, height });
	}

	#onMuted({ user, track, muted }) {
		const info = this.members.get(user)?.tracks.get(track);
		if (!info)
			return;
		info.muted = muted;
		this.#emit('muted', { info });
	}

	// ---- receiving ----

	#subscribeAll() { this.#subscribe([...this.members.values()].flatMap((m) => [...m.tracks.keys()])); }

	#subscribe(tracks) {
		const auto = this.#options.autoSubscribe, infos = new Map([...this.members.values()].flatMap((m) => [...m.tracks]));
		const wanted = tracks.filter((id) => auto === true || (auto && auto === infos.get(id)?.kind));
		if (wanted.length)
			this.#ask(wanted).catch((e) => {
				if (e.code !== 'ENOENT' && e.code !== 'ECONN') // it may have gone in the meantime, or is asked for again
					this.#emit('error', { message: e.message });
			});
	}

	async #ask(tracks) {
		for (const id of tracks)
			this.#asked.add(id);
		const subscribed = this.#request({ type: 'subscribe', tracks });
		const chosen = [...this.members.values()].flatMap((m) => [...m.tracks.values()]).filter((t) => tracks.includes(t.id) && t.kind === 'video');
		for (const t of chosen)
			if (this.#wishes.has(`${t.user}/${t.stream}`))
				this.#request({ type: 'layer', track: t.id, layer: this.#wishes.get(`${t.user}/${t.stream}`) }).catch(() => {});
		await subscribed;
	}

	async #onOffer({ sdp, rev, tracks }) {
		const life = this.#life;
		if (rev <= this.#rev)
			return; // sent once more after a loss
		this.#rev = rev;
		if (!this.#receiving) {
			this.#receiving = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
			this.#watch(this.#receiving, 'receiving');
		}
		const pc = this.#receiving;
		await pc.setRemoteDescription({ type: 'offer', sdp });
		await pc.setLocalDescription();
		await this.#request({ type: 'answer', sdp: pc.localDescription.sdp, rev });
		if (life !== this.#life)
			return;
		for (const t of tracks) {
			const info = this.members.get(t.user)?.tracks.get(t.track);
			const transceiver = pc.getTransceivers().find((x) => x.mid === t.mid);
			if (!info || !transceiver || this.#shown.has(t.track))
				continue;
			this.#shown.add(t.track);
			this.#emit('track', { info, track: transceiver.receiver.track });
		}
	}

	#watch(pc, what) {
		let worked = false;
		pc.addEventListener('connectionstatechange', () => {
			worked ||= pc.connectionState === 'connected';
			if (pc.connectionState === 'failed' && worked && (pc === this.#sending || pc === this.#receiving))
				this.#renewMedia();
			else if (pc.connectionState === 'failed')
				this.#emit('error', { message: `${what} media failed: the server's UDP port is not reachable` });
		});
	}
}

const keyOf = (t) => `${t.user}/${t.stream}-${t.kind}`;

const RIDS = { 2: ['h', 'l'], 3: ['h', 'm', 'l'] };

// Browsers send no more layers of a small picture, and would leave out the best.
function layersAt({ width = 1280, height = 720 }) {
	return width * height >= 960 * 540 ? 3 : width * height >= 480 * 270 ? 2 : 1;
}

// What a browser takes: the smallest first. [] for one encoding.
function encodingsOf(layers, size) {
	let list = Array.isArray(layers) ? layers : Array.from({ length: layers ?? 1 }, () => ({}));
	if (list.length > 3)
		throw new RoomError('EINVAL', 'at most three layers');
	while (list.length > layersAt(size)) // the middle goes first
		list = list.filter((_, i) => i !== 1);
	const rids = RIDS[list.length] ?? [];
	return rids.map((rid, i) => ({ rid, scaleResolutionDownBy: list[i].scale ?? 2 ** i, ...(list[i].bitrate && { maxBitrate: list[i].bitrate }),
		...(list[i].fps && { maxFramerate: list[i].fps }) })).reverse();
}

// Of a transceiver's picture, and of its layers, the best first.
function sizesOf(transceiver) {
	const { width, height } = transceiver.sender.track.kind === 'video' ? transceiver.sender.track.getSettings() : {};
	const encodings = transceiver.sender.getParameters().encodings.filter((e) => e.rid).reverse();
	const scaled = (n, e) => Math.floor(n / (e.scaleResolutionDownBy ?? 1));
	return { ...(width && height && { width, height }),
		...(encodings.length > 1 && { layers: encodings.map((e) => ({ rid: e.rid, ...(width && height && { width: scaled(width, e), height: scaled(height, e) }) })) }) };
}

// The preferred codec first; the others stay as a way out.
function preferCodec(transceiver, name) {
	const codecs = RTCRtpSender.getCapabilities('video').codecs;
	const wanted = (c) => c.mimeType.toLowerCase() === `video/${name.toLowerCase()}` && !/packetization-mode=0/.test(c.sdpFmtpLine ?? '');
	if (!codecs.some(wanted))
		throw new RoomError('ENOTSUP', `this browser has no ${name}`);
	transceiver.setCodecPreferences([...codecs.filter(wanted), ...codecs.filter((c) => !wanted(c))]);
}

// The engine of the known video call flow for pages: constructor, initialize, local view, join, remote views, leave, release, in that order and with those names. Calls
// return 0 when they are accepted, or the number that refuses them; results come as events. docs/coming-from.md lists what differs.
//
//   const engine = new NERtcEngine();
//   engine.on('onJoinChannel', (cid, uid, result, elapsed) => …);
//   engine.initialize({ app_key: 'my app' });
//   engine.setupLocalVideoCanvas({ view: document.getElementById('localView') });
//   engine.startVideoPreview();
//   engine.stopVideoPreview();
//   engine.joinChannel(null, 'room', 1001);
//
// Events: onError(code, text) · onJoinChannel(cid, uid, result, elapsed) · onLeaveChannel(result) · onDisconnect(code) · onUserJoined(uid, name) ·
// onUserLeft(uid, reason) · onUserAudioStart(uid) · onUserAudioStop(uid) · onUserAudioMute(uid, mute) · onUserVideoStart(uid, profile) · onUserVideoStop(uid) ·
// onUserVideoMute(uid, mute) · onFirstVideoFrameDecoded(uid, width, height).

import { Room } from './loquat.js';

export const ERROR = { FATAL: 30001, INVALID_PARAM: 30003, NOT_SUPPORTED: 30004, INVALID_STATE: 30005, NO_CANVAS: 30012, ALREADY: 30013, DEVICE_BUSY: 30027,
	USER_NOT_FOUND: 30105, STREAM_NOT_FOUND: 30107, DUPLICATE: 30209, KICKED: 30206, CLOSED: 30207, NO_PERMISSION: 50000 };
export const STREAM_TYPE = { HIGH: 0, LOW: 1, MID: 2 };

const LAYERS = ['high', 'low', 'mid'];
const FITS = ['contain', 'fill', 'cover']; // scaling_mode: all of it, stretched, cut off
const CAPTURE = { width: 640, height: 480 };
const NAME = /^[a-zA-Z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,]{1,64}$/;
const LEFT = { kicked: 3, timeout: 4, lost: 4 };
const RESULTS = { ETOKEN: 403, EPERM: 403, ECONN: 408, ETIMEDOUT: 408 };
const MAX_UID = 2n ** 64n - 1n;

const uidOf = (user) => (/^\d{1,15}$/.test(user) ? Number(user) : user);
const profileOf = ({ height }) => [120, 240, 480, 720].filter((limit) => height > limit).length;

// A canvas of the app: an element that a picture is shown in.
class View {
	constructor() {
		this.video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: true });
		this.video.style.cssText = 'display: block; width: 100%; height: 100%';
		this.track = null;
	}

	bind(canvas) {
		this.video.remove();
		if (!canvas?.view)
			return;
		this.video.style.objectFit = FITS[canvas.scaling_mode ?? canvas.mode ?? 0];
		canvas.view.append(this.video);
		this.#play();
	}

	show(track) {
		this.track = track;
		this.video.srcObject = track && new MediaStream([track]);
		this.#play();
	}

	#play() {
		if (this.track)
			this.video.play().catch(() => {});
	}
}

const badCanvas = (canvas) => canvas && ((canvas.view && !(canvas.view instanceof HTMLElement)) || !FITS[canvas.scaling_mode ?? canvas.mode ?? 0]);

export class NERtcEngine {
	#handlers = new Map();
	#context = null;
	#released = false;
	#room = null; // from joinChannel on
	#joined = false;
	#local = new View();
	#localBound = false;
	#camera = null; // a track; a promise while it is being opened
	#previewing = false;
	#wantsVideo = false;
	#publishing = false;
	#microphone = null;
	#remotes = new Map(); // views by uid
	#sounds = new Map(); // audio elements by track id
	#work = Promise.resolve(); // devices and publishing, one after the other

	on(event, handler) {
		this.#handlers.set(event, [...this.#handlers.get(event) ?? [], handler]);
		return this;
	}

	off(event, handler) {
		this.#handlers.set(event, handler ? (this.#handlers.get(event) ?? []).filter((h) => h !== handler) : []);
		return this;
	}

	// log_dir_path means nothing in a page; the others' defaults are those of the flow.
	initialize({ app_key, log_level = 3, log_file_max_size_KBytes = 0, url } = {}) {
		if (this.#context || this.#released)
			return ERROR.INVALID_STATE;
		if (typeof app_key !== 'string' || !app_key)
			return ERROR.INVALID_PARAM;
		const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
		this.#context = { app_key, log_level, log_file_max_size_KBytes: log_file_max_size_KBytes || 20480, url: url ?? `${scheme}://${location.host}` };
		return 0;
	}

	get context() { return this.#context && { ...this.#context }; }

	// ---- our own view ----

	setupLocalVideoCanvas(canvas) {
		if (!this.#context)
			return ERROR.INVALID_STATE;
		if (badCanvas(canvas))
			return ERROR.INVALID_PARAM;
		this.#localBound = Boolean(canvas?.view);
		this.#local.bind(canvas);
		return 0;
	}

	// What runs when the channel is joined goes on, and enableLocalVideo takes it over.
	startVideoPreview() {
		if (!this.#context)
			return ERROR.INVALID_STATE;
		if (this.#room)
			return ERROR.NOT_SUPPORTED;
		if (!this.#localBound)
			return ERROR.NO_CANVAS;
		if (this.#previewing)
			return ERROR.ALREADY;
		this.#previewing = true;
		this.#sync();
		return 0;
	}

	stopVideoPreview() {
		if (!this.#context || !this.#previewing)
			return ERROR.INVALID_STATE;
		this.#previewing = false;
		this.#sync();
		return 0;
	}

	// Camera, sending and the local view in one. Off at first; what was said last holds from one channel to the next.
	enableLocalVideo(enabled) {
		if (!this.#context)
			return ERROR.INVALID_STATE;
		this.#wantsVideo = Boolean(enabled);
		this.#sync();
		return 0;
	}

	// The camera and what is published follow what is wanted.
	#sync() {
		let room;
		this.#work = this.#work.then(async () => {
			const send = this.#wantsVideo && this.#joined;
			room = this.#room;
			if ((send || this.#previewing) && !this.#camera)
				await this.#openCamera();
			if (send && !this.#publishing && this.#camera) {
				await room.publish(new MediaStream([this.#camera]), 'main', { layers: [{}, { scale: 4 }] });
				this.#publishing = true;
			}
			if (!send && this.#publishing) {
				this.#publishing = false;
				await room?.unpublish('video').catch(() => {});
			}
			if (!send && !this.#previewing)
				this.#closeCamera();
		}).catch((e) => this.#room === room && this.#deviceError(e)); // else it was left meanwhile
	}

	async #openCamera() {
		const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: CAPTURE.width }, height: { ideal: CAPTURE.height } } });
		[this.#camera] = stream.getVideoTracks();
		this.#local.show(this.#camera);
	}

	#closeCamera() {
		this.#camera?.stop();
		this.#camera = null;
		this.#local.show(null);
	}

	#deviceError(e) {
		const codes = { NotAllowedError: ERROR.NO_PERMISSION, NotReadableError: ERROR.DEVICE_BUSY };
		this.#previewing = this.#previewing && Boolean(this.#camera);
		this.#emit('onError', codes[e.name] ?? ERROR.FATAL, e.message);
	}

	// ---- the channel ----

	// token: null on a server in debug mode. uid: a whole number, 0: the server picks one, or a user id of Loquat.
	joinChannel(token, channelName, uid) {
		if (!this.#context || this.#joined)
			return ERROR.INVALID_STATE;
		if (this.#room)
			return ERROR.FATAL; // it is being joined
		const user = String(uid ?? 0);
		if (typeof channelName !== 'string' || !NAME.test(channelName) || (/^-?\d+(\.\d+)?$/.test(user) && !(/^\d+$/.test(user) && BigInt(user) <= MAX_UID)))
			return ERROR.INVALID_PARAM;
		const room = this.#room = new Room({ url: this.#context.url, room: channelName, user: user === '0' ? '' : user, token: token ?? '', autoSubscribe: 'audio' });
		this.#enter(room);
		return 0;
	}

	async #enter(room) {
		const began = performance.now(), early = [];
		const tell = (...event) => (this.#joined ? this.#emit(...event) : early.push(event));
		this.#listen(room, tell);
		const done = (sid, user, result) => this.#emit('onJoinChannel', sid, uidOf(user), result, Math.round(performance.now() - began));
		try {
			const { room_sid: sid, user } = await room.join();
			if (this.#room !== room)
				return;
			this.#joined = true;
			done(BigInt(`0x${sid}`).toString(), user, 0); // 64 bits: more than a number of JavaScript holds
			for (const event of early)
				this.#emit(...event);
			this.#publishSound(room);
			this.#sync();
		} catch (e) {
			if (this.#room !== room)
				return;
			this.#room = null;
			room.leave();
			done('0', room.user || '0', RESULTS[e.code] ?? 500);
		}
	}

	// On by default, as hearing the others is.
	#publishSound(room) {
		this.#work = this.#work.then(async () => {
			if (this.#room !== room)
				return;
			const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
			[this.#microphone] = stream.getAudioTracks();
			if (this.#room === room)
				await room.publish(stream);
			else
				stream.getTracks()[0].stop();
		}).catch((e) => this.#room === room && this.#deviceError(e));
	}

	#listen(room, tell) {
		const on = (type, handler) => room.addEventListener(type, ({ detail }) => this.#room === room && handler(detail));
		const name = (info, what) => `onUser${info.kind === 'audio' ? 'Audio' : 'Video'}${what}`;
		const started = (info) => info.stream === 'main' && tell(name(info, 'Start'), uidOf(info.user), ...(info.kind === 'video' ? [profileOf(info)] : []));
		on('userjoined', ({ user, name: shown }) => {
			tell('onUserJoined', uidOf(user), shown);
			for (const info of room.members.get(user).tracks.values())
				started(info);
		});
		on('userleft', ({ user, reason }) => tell('onUserLeft', uidOf(user), LEFT[reason] ?? 0));
		on('published', ({ info }) => started(info));
		on('unpublished', ({ info }) => info.stream === 'main' && tell(name(info, 'Stop'), uidOf(info.user)));
		on('muted', ({ info }) => info.stream === 'main' && tell(name(info, 'Mute'), uidOf(info.user), info.muted));
		on('track', ({ info, track }) => (info.kind === 'audio' ? this.#hear(info, track) : info.stream === 'main' && this.#see(info, track)));
		on('trackended', ({ info }) => (info.kind === 'audio' ? this.#unhear(info.id) : this.#remotes.get(info.user)?.show(null)));
		on('error', ({ message }) => this.#emit('onError', ERROR.FATAL, message));
		on('kicked', ({ reason }) => { this.reason = reason; });
		on('closed', () => this.#lost(room));
	}

	#hear(info, track) {
		const sound = Object.assign(document.createElement('audio'), { autoplay: true, srcObject: new MediaStream([track]) });
		sound.dataset.user = info.user;
		this.#sounds.set(info.id, sound);
		sound.play().catch(() => {});
	}

	#unhear(id) {
		const sound = this.#sounds.get(id);
		if (sound)
			sound.srcObject = null;
		this.#sounds.delete(id);
	}

	#view(user) {
		if (!this.#remotes.has(user))
			this.#remotes.set(user, new View());
		return this.#remotes.get(user);
	}

	#see(info, track) {
		const view = this.#view(info.user), video = view.video;
		video.addEventListener('loadeddata', () => this.#emit('onFirstVideoFrameDecoded', uidOf(info.user), video.videoWidth, video.videoHeight), { once: true });
		view.show(track);
	}

	// Before or after the stream is there and subscribed.
	setupRemoteVideoCanvas(uid, canvas) {
		if (!this.#context)
			return ERROR.INVALID_STATE;
		if (badCanvas(canvas))
			return ERROR.INVALID_PARAM;
		this.#view(String(uid)).bind(canvas);
		return 0;
	}

	// type: STREAM_TYPE; video comes only when it was asked for.
	subscribeRemoteVideoStream(uid, type, subscribe) {
		const room = this.#room, user = String(uid);
		if (!this.#joined)
			return ERROR.INVALID_STATE;
		if (!LAYERS[type])
			return ERROR.INVALID_PARAM;
		const member = room.members.get(user);
		if (!member)
			return ERROR.USER_NOT_FOUND;
		if (![...member.tracks.values()].some((t) => t.kind === 'video' && t.stream === 'main'))
			return ERROR.STREAM_NOT_FOUND;
		const failed = (e) => this.#room === room && this.#emit('onError', ERROR.FATAL, e.message);
		if (subscribe) {
			room.setLayer(user, LAYERS[type]).catch(failed);
			room.subscribe(user, 'video').catch(failed);
		} else {
			room.unsubscribe(user, 'video').catch(failed);
		}
		return 0;
	}

	// At any time; onLeaveChannel follows when one was in a channel, as its last event.
	leaveChannel() {
		const room = this.#room, joined = this.#joined;
		if (!this.#context)
			return ERROR.INVALID_STATE;
		if (!room)
			return 0;
		this.#forget();
		room.leave().then(() => joined && this.#emit('onLeaveChannel', 0));
		return 0;
	}

	#lost(room) {
		const codes = { duplicate: ERROR.DUPLICATE, kicked: ERROR.KICKED, room_closed: ERROR.CLOSED }, joined = this.#joined;
		this.#forget();
		if (joined)
			this.#emit('onDisconnect', codes[this.reason] ?? ERROR.FATAL);
		this.reason = '';
	}

	#forget() {
		this.#room = null;
		this.#joined = this.#publishing = false;
		this.#microphone?.stop();
		this.#microphone = null;
		for (const id of [...this.#sounds.keys()])
			this.#unhear(id);
		for (const view of this.#remotes.values())
			view.show(null);
		this.#sync();
	}

	// What the browser measures: {sending, receiving}, each an RTCStatsReport or null.
	async stats() {
		return await this.#room?.stats() ?? { sending: null, receiving: null };
	}

	// No event comes after it.
	release() {
		this.#handlers.clear();
		this.#released = true;
		this.#wantsVideo = this.#previewing = false;
		const room = this.#room;
		if (this.#context)
			this.#forget();
		room?.leave();
		this.#local.bind(null);
		for (const view of this.#remotes.values())
			view.bind(null);
		this.#context = null;
		return 0;
	}

	#emit(event, ...values) {
		for (const handler of [...this.#handlers.get(event) ?? []])
			handler(...values);
	}
}

export default { NERtcEngine };

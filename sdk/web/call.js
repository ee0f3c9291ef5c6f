// <loquat-call>: calls as a web component, with the methods and events that programs written for the known call component use.
//
//   const call = document.querySelector('loquat-call');
//   call.config = { account: 'ann', imToken: token };           // url: this page's server
//   call.on(call.EVENT.INVITED, (data) => call.accept(data));
//   await call.login();
//   call.setCallTimeout(30000);
//   await call.call({ userId: 'bob', type: 2, attachment: { any: 'thing' } });
//
// Methods take `success` and `fail` and return promises as well. Handlers get one object each. docs/coming-from.md lists what differs.

import { Room, RoomError } from './loquat.js';
import { Session } from './session.js';

const EVENT = Object.fromEntries(['INVITED', 'USER_ACCEPT', 'USER_REJECT', 'USER_BUSY', 'USER_CANCEL', 'USER_LEAVE', 'CALLING_TIMEOUT', 'CALL_END', 'OTHER_CLIENT_ACCEPT',
	'OTHER_CLIENT_REJECT', 'MESSAGE_SENT', 'AUDIO_AVAILABLE', 'VIDEO_AVAILABLE', 'CALL_TYPE_CHANGE'].map((name) => [name, name]));
EVENT.DISCONNECT = 'onDisconnect';

const TIMEOUT_MAX = 120000;
const media = (type) => (type === 2 ? 'video' : 'audio');
const typeOf = (name) => (name === 'video' ? 2 : 1);

const template = document.createElement('template');
template.innerHTML = `
<style>
	:host { display: block; position: relative; min-height: 12rem; background: #101214; color: #f2f4f6; border-radius: 1rem; overflow: hidden; font: 16px/1.5 system-ui, sans-serif; }
	#views { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .5rem; padding: .5rem; }
	figure { position: relative; margin: 0; aspect-ratio: 4 / 3; background: #1a1d21; border-radius: .75rem; overflow: hidden; }
	video { width: 100%; height: 100%; object-fit: contain; }
	figcaption { position: absolute; left: .5rem; bottom: .5rem; padding: 0 .5rem; background: #000a; border-radius: .4rem; font-size: .85rem; }
	#bar { display: flex; gap: .75rem; align-items: center; justify-content: center; padding: .75rem; }
	#bar[hidden], button[hidden] { display: none; }
	button { font: inherit; padding: .5rem 1.25rem; border: 0; border-radius: 2rem; cursor: pointer; color: #fff; background: #e5484d; }
	#accept { background: #30a46c; }
</style>
<div id="views"></div>
<div id="bar" hidden><span id="status" role="status"></span><button id="accept">Accept</button><button id="reject">Reject</button><button id="hangup">Hang up</button></div>`;

export class LoquatCall extends HTMLElement {
	#session = null;
	#handlers = new Map(); // by event: [{handler, context}]
	#timeout = 0;
	#room = null;
	#streams = []; // of our camera and microphone
	#joining = Promise.resolve(); // joining and leaving happen one after the other
	#answered = false;

	constructor() {
		super();
		this.EVENT = EVENT;
		this.config = {};
		this.state = 'idle'; // idle, calling, called, inCall
		this.current = null; // {call, type, userIds, invitor}
		this.attachShadow({ mode: 'open' }).append(template.content.cloneNode(true));
		this.#$('accept').onclick = () => this.accept({}).catch(() => {});
		this.#$('reject').onclick = () => this.reject({}).catch(() => {});
		this.#$('hangup').onclick = () => this.hangup({}).catch(() => {});
	}

	#$(id) { return this.shadowRoot.getElementById(id); }

	// ---- session ----

	login(options = {}) {
		const c = { ...this.config, ...options };
		return this.#done(options, async () => {
			if (this.#session)
				throw new RoomError('ESTATE', 'logged in already');
			const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
			const session = new Session({ url: c.url ?? `${scheme}://${location.host}`, user: c.account, name: c.nickName, token: c.token ?? c.imToken, device: c.device });
			this.#listen(session);
			await session.login();
			this.#session = session;
		});
	}

	async logout() {
		const session = this.#session;
		this.#session = null;
		this.#over();
		await session?.logout();
	}

	on(event, handler, context) {
		if (!this.#handlers.has(event))
			this.#handlers.set(event, []);
		this.#handlers.get(event).push({ handler, context });
	}

	// Without a handler: all of that event.
	off(event, handler) {
		this.#handlers.set(event, handler ? (this.#handlers.get(event) ?? []).filter((h) => h.handler !== handler) : []);
	}

	// Of calling and of being called; 30 s where it is not set, too.
	setCallTimeout(ms) {
		if (!(ms > 0 && ms <= TIMEOUT_MAX))
			throw new RangeError(`a call's time-out is 1 to ${TIMEOUT_MAX} ms`);
		this.#timeout = ms;
		this.#session?.setRingTimeout(ms).catch(() => {});
	}

	// ---- calls ----

	call({ userId, userIds, type, attachment, groupId, success, fail }) {
		return this.#done({ success, fail }, async () => {
			const users = userIds ?? [userId];
			const session = this.#need();
			const before = this.state;
			if (before === 'idle')
				this.#set('calling', { call: '', type, userIds: users, invitor: session.user });
			try {
				const answer = await session.call({ users, media: media(type), attachment, group: groupId, timeoutMs: this.#timeout || undefined });
				if (this.current && !this.current.call)
					this.current.call = answer.call;
				return answer;
			} catch (e) {
				if (before === 'idle')
					this.#over();
				throw e;
			}
		});
	}

	accept({ requestId, success, fail }) {
		return this.#done({ success, fail }, async () => {
			const answer = await this.#need().accept(requestId ?? this.current?.call);
			this.#join(answer);
			return answer;
		});
	}

	reject({ requestId, reason, success, fail } = {}) { return this.#done({ success, fail }, () => this.#need().reject(requestId ?? this.current?.call, reason)); }
	cancel(options = {}) { return this.#done(options, () => this.#need().cancel(this.current?.call)); }
	hangup(options = {}) { return this.#done(options, () => this.#need().hangup(this.current?.call)); }
	leave(options = {}) { return this.#done(options, () => this.#need().leave(this.current?.call)); }
	groupInvite({ userIds, success, fail }) { return this.#done({ success, fail }, () => this.#need().invite(this.current?.call, userIds)); }

	// To sound alone at once, to video when the others agree; confirm true or false says otherwise.
	switchCallType({ type, confirm, success, fail }) { return this.#done({ success, fail }, () => this.#need().changeType(this.current?.call, media(type), confirm)); }
	replyCallType({ agree, success, fail }) { return this.#done({ success, fail }, () => this.#need().replyType(this.current?.call, agree)); }

	// kind: "audio" or "video".
	mute(kind, muted) { return this.#room?.mute(kind, muted); }

	#need() {
		if (!this.#session)
			throw new RoomError('ESTATE', 'log in first');
		return this.#session;
	}

	async #done({ success, fail }, action) {
		try {
			const result = await action();
			success?.(result);
			return result;
		} catch (e) {
			fail?.(e);
			if (!fail)
				throw e;
		}
	}

	#emit(event, data = {}) {
		for (const { handler, context } of [...(this.#handlers.get(event) ?? [])])
			handler.call(context, data);
		this.dispatchEvent(new CustomEvent(event, { detail: data }));
	}

	// ---- what the server says ----

	#listen(session) {
		const on = (type, fn) => session.addEventListener(type, (e) => fn(e.detail));
		const ours = (type, fn) => on(type, (m) => {
			if (this.current && (!this.current.call || this.current.call === m.call))
				fn(m);
		});
		const about = (m) => ({ userId: m.user, call: m.call });
		on('call_invited', (m) => this.#onInvited(m));
		ours('call_accepted', (m) => {
			this.#join(m);
			this.#emit(EVENT.USER_ACCEPT, about(m));
		});
		ours('call_rejected', (m) => this.#emit(EVENT.USER_REJECT, { ...about(m), reason: m.reason }));
		ours('call_busy', (m) => this.#emit(EVENT.USER_BUSY, about(m)));
		ours('call_timeout', (m) => this.#emit(EVENT.CALLING_TIMEOUT, about(m)));
		ours('call_cancelled', (m) => this.#emit(EVENT.USER_CANCEL, about(m)));
		ours('call_left', (m) => this.#emit(EVENT.USER_LEAVE, { ...about(m), reason: m.reason }));
		ours('call_elsewhere', (m) => this.#emit(m.accepted ? EVENT.OTHER_CLIENT_ACCEPT : EVENT.OTHER_CLIENT_REJECT, { call: m.call }));
		ours('call_type', (m) => this.#onType(m));
		ours('call_ended', (m) => {
			const talked = this.#answered;
			this.#over();
			if (talked)
				this.#emit(EVENT.CALL_END, { ...about(m), reason: m.reason, duration: m.duration_s });
		});
		on('call_record', (m) => this.#onRecord(m));
		on('offline', ({ reason }) => this.#emit(EVENT.DISCONNECT, { reason }));
		on('online', (answer) => {
			if (!answer.resumed && !answer.calls.some((c) => c.call === this.current?.call))
				this.#over();
		});
		on('closed', ({ reason }) => {
			if (this.#session !== session)
				return;
			this.#session = null;
			this.#over();
			this.#emit(EVENT.DISCONNECT, { reason });
		});
	}

	#onInvited(m) {
		if (this.current?.call === m.call)
			return;
		this.#set('called', { call: m.call, type: typeOf(m.media), userIds: m.users, invitor: m.from });
		this.#emit(EVENT.INVITED, { invitor: m.from, from: m.caller, userIds: m.users, isFromGroup: m.group, groupId: m.group_id, attachment: m.attachment,
			type: typeOf(m.media), channelId: m.call, requestId: m.call });
	}

	#onType(m) {
		if (m.state === 'changed') {
			this.current.type = typeOf(m.media);
			this.#publishCamera(m.media === 'video');
		}
		this.#emit(EVENT.CALL_TYPE_CHANGE, { type: typeOf(m.media), state: m.state, userId: m.user });
	}

	#onRecord(m) {
		this.#emit(EVENT.MESSAGE_SENT, { data: { status: m.status, to: m.callee, from: m.caller, type: typeOf(m.media), channelId: m.call,
			durations: m.users.map((u) => ({ accid: u.user, duration: u.duration_s })) } });
	}

	// ---- state and media ----

	#set(state, current) {
		this.state = state;
		this.current = current;
		const texts = { idle: '', calling: `Calling ${current?.userIds.join(', ')} …`, called: `${current?.invitor} is calling`, inCall: '' };
		this.#$('status').textContent = texts[state];
		this.#$('bar').hidden = state === 'idle';
		this.#$('accept').hidden = this.#$('reject').hidden = state !== 'called';
		this.#$('hangup').hidden = state === 'called' || state === 'idle';
	}

	#over() {
		this.#answered = false;
		this.#set('idle', null);
		this.#joining = this.#joining.then(async () => {
			const room = this.#room;
			this.#room = null;
			for (const stream of this.#streams.splice(0))
				for (const track of stream.getTracks())
					track.stop();
			this.#$('views').replaceChildren();
			await room?.leave();
		});
	}

	#join({ room, token }) {
		if (this.#answered || !this.current)
			return;
		this.#answered = true;
		this.#set('inCall', this.current);
		this.#joining = this.#joining.then(() => this.#enter(room, token)).catch((e) => this.#emit('error', { message: e.message }));
	}

	async #enter(name, token) {
		const c = this.config, session = this.#session;
		if (!session || !this.#answered)
			return;
		const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
		const room = this.#room = new Room({ url: c.url ?? `${scheme}://${location.host}`, room: name, user: session.user, name: c.nickName, token });
		room.addEventListener('track', ({ detail: { info, track } }) => this.#show(info.user, track));
		room.addEventListener('userleft', ({ detail: { user } }) => this.#view(user).remove());
		for (const [type, available] of [['track', true], ['trackended', false]])
			room.addEventListener(type, ({ detail: { info } }) => this.#available(info, available && !info.muted));
		room.addEventListener('muted', ({ detail: { info } }) => this.#available(info, !info.muted));
		await room.join();
		await this.#capture(c.openMicrophone !== false, this.current?.type === 2 && c.openCamera !== false);
	}

	#available(info, available) {
		this.#emit(info.kind === 'audio' ? EVENT.AUDIO_AVAILABLE : EVENT.VIDEO_AVAILABLE, { userId: info.user, available });
	}

	async #capture(audio, video) {
		if (!audio && !video)
			return;
		const { videoWidth = 360, videoHeight = 640 } = this.config;
		const stream = await navigator.mediaDevices.getUserMedia({ audio, video: video && { width: { ideal: videoWidth }, height: { ideal: videoHeight } } });
		if (!this.#room) {
			for (const track of stream.getTracks())
				track.stop();
			return;
		}
		this.#streams.push(stream);
		for (const track of stream.getTracks())
			this.#show('', track);
		await this.#room.publish(stream);
	}

	#publishCamera(on) {
		this.#joining = this.#joining.then(async () => {
			if (!this.#room || this.config.openCamera === false)
				return;
			if (on)
				return this.#capture(false, true);
			await this.#room.unpublish('video');
			for (const stream of this.#streams)
				for (const track of stream.getVideoTracks())
					track.stop();
			this.#view('').remove();
		}).catch((e) => this.#emit('error', { message: e.message }));
	}

	#view(user) {
		const views = this.#$('views');
		let figure = [...views.children].find((f) => f.dataset.user === user);
		if (figure)
			return figure;
		figure = document.createElement('figure');
		figure.dataset.user = user;
		const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: !user, srcObject: new MediaStream() });
		const caption = Object.assign(document.createElement('figcaption'), { textContent: user || 'You' });
		figure.append(video, caption);
		views.append(figure);
		return figure;
	}

	#show(user, track) {
		const video = this.#view(user).querySelector('video');
		for (const old of video.srcObject.getTracks())
			if (old.kind === track.kind)
				video.srcObject.removeTrack(old);
		video.srcObject.addTrack(track);
		video.play().catch(() => {});
	}
}

customElements.define('loquat-call', LoquatCall);

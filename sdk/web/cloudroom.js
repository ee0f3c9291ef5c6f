// The functions of the known conference flow for pages: init, log in, make a room, enter it, open microphone and camera, watch others, exit, log out, uninit, in that
// order and with those names. Results come by `.callback` of the objects of the same names. docs/coming-from.md lists what differs.
//
//   await CRVideo_Init({});
//   CRVideo_SetServerAddr('host:7880');
//   CRVideo_LoginSuccess.callback = (UID, cookie) => CRVideo_CreateMeeting2('mine');
//   CRVideo_CreateMeetingSuccess.callback = (meet) => CRVideo_EnterMeeting3(meet.ID);
//   CRVideo_Login(appID, md5OfSecret, 'Ann', 'ann', '', 'mine');
//
// Functions throw nothing: what cannot be done now is 0 with no effect where the flow has no answer, else told by the callback. install() puts all names into the page's globals.

import { Room, STREAMS } from './loquat.js';
import { Session } from './session.js';

export const CRVideo_Error = { OK: 0, UNKNOWN: 1, NOT_INIT: 3, PARAM: 4, STATE: 5, NETWORK: 7, TIMEOUT: 8, ELSEWHERE: 10, AUTH: 14, TOKEN_EXPIRED: 18, NO_MEETING: 800, PASSWORD: 801,
	FULL: 802, NO_RIGHT: 803, LOCKED: 804, STOPPED: 805 };
// Of a microphone or camera.
export const CRVideo_Status = { UNKNOWN: 0, NONE: 1, CLOSED: 2, OPEN: 3, OPENING: 4 };

const DEVICE = 'page'; // one for all, so that a later login of a user takes the place of the earlier
const RECONNECT = 5000; // ms that a lost login is tried to be restored

const CODES = { ECONN: 7, ETIMEDOUT: 8, ETOKEN: 14, EPERM: 803, EINVAL: 4, ESTATE: 5, ENOENT: 800, EFULL: 802, EBUSY: 804, ENOTSUP: 1 };
const ENTER_CODES = { ...CODES, EPERM: 801 };
const codeOf = (e, codes = CODES) => codes[e.code] ?? CRVideo_Error.UNKNOWN;

const CALLBACKS = ['LoginSuccess', 'LoginFail', 'LineOff', 'NotifyTokenWillExpire', 'CreateMeetingSuccess', 'CreateMeetingFail', 'EnterMeetingRslt', 'MeetingDropped', 'MeetingStopped',
	'DestroyMeetingRslt', 'UserEnterMeeting', 'UserLeftMeeting', 'AudioStatusChanged', 'VideoStatusChanged', 'OpenMicRslt', 'OpenVideoRslt', 'DefVideoChanged'];
const callbacks = Object.fromEntries(CALLBACKS.map((name) => [name, { callback: null }]));
export const {
	LoginSuccess: CRVideo_LoginSuccess, LoginFail: CRVideo_LoginFail, LineOff: CRVideo_LineOff, NotifyTokenWillExpire: CRVideo_NotifyTokenWillExpire,
	CreateMeetingSuccess: CRVideo_CreateMeetingSuccess, CreateMeetingFail: CRVideo_CreateMeetingFail, EnterMeetingRslt: CRVideo_EnterMeetingRslt,
	MeetingDropped: CRVideo_MeetingDropped, MeetingStopped: CRVideo_MeetingStopped, DestroyMeetingRslt: CRVideo_DestroyMeetingRslt,
	UserEnterMeeting: CRVideo_UserEnterMeeting, UserLeftMeeting: CRVideo_UserLeftMeeting, AudioStatusChanged: CRVideo_AudioStatusChanged,
	VideoStatusChanged: CRVideo_VideoStatusChanged, OpenMicRslt: CRVideo_OpenMicRslt, OpenVideoRslt: CRVideo_OpenVideoRslt, DefVideoChanged: CRVideo_DefVideoChanged,
} = callbacks;

const tell = (name, ...values) => callbacks[name].callback?.(...values);

// Of SetVideoCfg: size 1 to 4, 5 to 30 pictures a second.
const SIZES = { 1: [320, 180], 2: [640, 360], 3: [1280, 720], 4: [1920, 1080] };
const KINDS = { audio: { event: 'AudioStatusChanged', result: 'OpenMicRslt' }, video: { event: 'VideoStatusChanged', result: 'OpenVideoRslt' } };

// All that there is: one program, one login, one meeting.
const fresh = () => ({ server: '', session: null, login: null, room: null, entered: false, meeting: 0, states: new Map(), open: new Map(), busy: new Set(),
	video: { size: 2, fps: 15 }, audio: {}, cameras: [], camera: 1, multi: false, sounds: new Map(), tracks: new Map(), views: new Set(), work: Promise.resolve() });
let life = 'new'; // running, over
let me = fresh();

// ---- 1: init ----

export async function CRVideo_Init() {
	if (life !== 'new')
		throw CRVideo_Error.STATE;
	life = 'running';
	me = fresh();
	await lookForCameras();
}

async function lookForCameras() {
	const list = (await navigator.mediaDevices?.enumerateDevices?.() ?? []).filter((d) => d.kind === 'videoinput');
	me.cameras = list.map((d, i) => ({ id: d.deviceId, videoID: i + 1, videoName: d.label || `camera ${i + 1}` }));
}

// ---- 2: login ----

export function CRVideo_SetServerAddr(address) {
	me.server = String(address ?? '');
	return life === 'running' ? 0 : CRVideo_Error.NOT_INIT;
}

function url() {
	const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
	return /^wss?:/.test(me.server) ? me.server : `${scheme}://${me.server || location.host}`;
}

async function login(options, cookie) {
	if (life !== 'running' || me.session)
		return tell('LoginFail', life === 'running' ? CRVideo_Error.STATE : CRVideo_Error.NOT_INIT, cookie);
	const session = me.session = new Session({ url: url(), device: DEVICE, reconnectMs: RECONNECT, ...options });
	try {
		await session.login();
	} catch (e) {
		if (me.session === session)
			me.session = null;
		return tell('LoginFail', e.code === 'EPERM' ? CRVideo_Error.AUTH : codeOf(e), cookie);
	}
	if (me.session !== session)
		return;
	me.login = options;
	session.addEventListener('token_will_expire', () => tell('NotifyTokenWillExpire'));
	session.addEventListener('closed', ({ detail: { reason } }) => lineOff(session, reason));
	tell('LoginSuccess', session.user, cookie);
}

function lineOff(session, reason) {
	if (me.session !== session)
		return;
	const codes = { duplicate: CRVideo_Error.ELSEWHERE, token_expired: CRVideo_Error.TOKEN_EXPIRED };
	me.session = null;
	if (leaveRoom())
		tell('MeetingDropped');
	tell('LineOff', codes[reason] ?? CRVideo_Error.NETWORK);
}

// The secret goes as its MD5, in hexadecimal digits.
export function CRVideo_Login(appID, md5Secret, nickName, UID, userAuthCode = '', cookie = '') {
	login({ user: String(UID), name: nickName, appId: appID, secretMd5: md5Secret, authCode: userAuthCode }, cookie);
}

export function CRVideo_LoginByToken(token, nickName, UID, userAuthCode = '', cookie = '') {
	login({ user: String(UID), name: nickName, token, authCode: userAuthCode }, cookie);
}

export function CRVideo_UpdateToken(token) {
	if (!me.session)
		return CRVideo_Error.STATE;
	me.session.updateToken(token).catch(() => {});
	return 0;
}

// ---- 3: rooms ----

async function create(options, cookie) {
	try {
		if (!me.session)
			throw { code: 'ESTATE' };
		const made = await me.session.createRoom(options);
		me.meeting = made.room;
		tell('CreateMeetingSuccess', { ID: Number(made.room), pswd: options.password ?? '', subject: '', pubMeetUrl: new URL(made.path ?? '', location.href).href }, cookie);
	} catch (e) {
		tell('CreateMeetingFail', codeOf(e), cookie);
	}
}

// A room of its own that stays, without a password.
export function CRVideo_CreateMeeting(cookie = '') { create({ keep: true }, cookie); }
export const CRVideo_CreateMeeting2 = CRVideo_CreateMeeting;

// meetID: that of the room one is in, or made last, where it is left out.
export async function CRVideo_DestroyMeeting(meetID = me.meeting, cookie = '') {
	try {
		if (!me.session)
			throw { code: 'ESTATE' };
		await me.session.destroyRoom(String(meetID));
		tell('DestroyMeetingRslt', 0, cookie);
	} catch (e) {
		tell('DestroyMeetingRslt', codeOf(e), cookie);
	}
}

// ---- 4: entering ----

export async function CRVideo_EnterMeeting3(meetID, cookie = '', password = '') {
	if (!me.session || me.room)
		return tell('EnterMeetingRslt', life === 'running' ? CRVideo_Error.STATE : CRVideo_Error.NOT_INIT, cookie);
	const { user, name, token, secretMd5 } = me.login;
	const room = me.room = new Room({ url: url(), room: String(meetID), user, name, token, login: secretMd5 && me.session.id, create: 'must_exist', password, autoSubscribe: 'audio',
		autoRejoin: false });
	listen(room);
	try {
		await room.join();
	} catch (e) {
		if (me.room === room) {
			leaveRoom();
			tell('EnterMeetingRslt', codeOf(e, ENTER_CODES), cookie);
		}
		return;
	}
	if (me.room !== room)
		return;
	me.entered = true;
	me.meeting = String(meetID);
	room.tellCameras(me.cameras.slice(0, CAMERAS.length).map((c) => ({ stream: streamOf(c.videoID), name: c.videoName.slice(0, 64) }))).catch(() => {});
	tell('EnterMeetingRslt', 0, cookie);
	for (const view of me.views)
		view.follow();
}

// A member's cameras are numbered from 1, and each has a stream of its own.
const CAMERAS = STREAMS.filter((name) => name !== 'sub');
const streamOf = (videoID) => CAMERAS[videoID - 1] ?? 'main';
const videoIDOf = (stream) => CAMERAS.indexOf(stream) + 1;

const keyOf = (UID, kind) => `${UID}/${kind}`;
const stateOf = (UID, kind) => me.states.get(keyOf(UID, kind)) ?? CRVideo_Status.CLOSED;

function setState(UID, kind, state, by = UID) {
	const old = stateOf(UID, kind);
	me.states.set(keyOf(UID, kind), state);
	if (old !== state && me.entered)
		tell(KINDS[kind].event, UID, old, state, by);
}

function listen(room) {
	const on = (type, handler) => room.addEventListener(type, ({ detail }) => me.room === room && handler(detail));
	const isCamera = (info) => info.kind === 'audio' || info.stream !== 'sub';
	on('userjoined', ({ user }) => {
		for (const info of room.members.get(user).tracks.values())
			setState(user, info.kind, CRVideo_Status.OPEN);
		if (me.entered)
			tell('UserEnterMeeting', user);
	});
	on('userleft', ({ user }) => {
		me.states.delete(keyOf(user, 'audio'));
		me.states.delete(keyOf(user, 'video'));
		tell('UserLeftMeeting', user);
	});
	on('published', ({ info }) => {
		if (isCamera(info))
			setState(info.user, info.kind, CRVideo_Status.OPEN);
		for (const view of me.views)
			view.follow();
	});
	on('unpublished', ({ info }) => isCamera(info) && (info.kind === 'audio' || !camerasOf(info.user).length) && setState(info.user, info.kind, CRVideo_Status.CLOSED));
	on('track', ({ info, track }) => {
		if (info.kind === 'audio')
			hear(info.id, track);
		else
			me.tracks.set(info.id, track);
		for (const view of me.views)
			view.follow();
	});
	on('trackended', ({ info }) => {
		me.tracks.delete(info.id);
		unhear(info.id);
		for (const view of me.views)
			view.follow();
	});
	on('device', ({ user, kind, state, by }) => {
		const open = kind === 'video' && (user === room.user ? [...me.open.keys()].some((key) => key.startsWith('video/')) : camerasOf(user).length > 0);
		if (!open) // else another camera is
			setState(user, kind, { none: CRVideo_Status.NONE, opening: CRVideo_Status.OPENING }[state] ?? CRVideo_Status.CLOSED, by);
	});
	on('control', ({ kind, stream, on: open }) => (open ? openOwn(kind, stream) : closeOwn(kind, stream)));
	on('defaultcamera', ({ user, stream }) => {
		tell('DefVideoChanged', user, videoIDOf(stream));
		for (const view of me.views)
			view.follow();
	});
	on('kicked', ({ reason }) => { room.reason = reason; });
	on('closed', () => dropped(room));
}

function hear(id, track) {
	const sound = Object.assign(document.createElement('audio'), { autoplay: true, srcObject: new MediaStream([track]) });
	me.sounds.set(id, sound);
	sound.play().catch(() => {});
}

function unhear(id) {
	const sound = me.sounds.get(id);
	if (sound)
		sound.srcObject = null;
	me.sounds.delete(id);
}

function dropped(room) {
	if (me.room !== room || !me.entered)
		return;
	leaveRoom();
	if (room.reason === 'room_closed')
		tell('MeetingStopped');
	else
		tell('MeetingDropped');
}

// ---- 5: microphones and cameras ----

function constraints(kind, stream) {
	if (kind === 'audio') {
		const { micid, agc = true, aec = true, ns = true } = me.audio;
		return { audio: { autoGainControl: Boolean(agc), echoCancellation: Boolean(aec), noiseSuppression: Boolean(ns), ...(micid && { deviceId: { exact: micid } }) } };
	}
	const [width, height] = SIZES[me.video.size], id = me.cameras[videoIDOf(stream) - 1]?.id;
	return { video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: me.video.fps }, ...(id && { deviceId: { exact: id } }) } };
}

// One after the other: what was asked for last counts.
function openOwn(kind, name) {
	const room = me.room, UID = room.user, key = `${kind}/${name}`;
	if (me.open.has(key) || me.busy.has(key))
		return;
	me.busy.add(key);
	if (stateOf(UID, kind) !== CRVideo_Status.OPEN)
		setState(UID, kind, CRVideo_Status.OPENING);
	me.work = me.work.then(async () => {
		if (me.room !== room || !me.busy.has(key))
			return;
		const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, name));
		if (me.room !== room || !me.busy.has(key)) {
			stream.getTracks()[0].stop();
			return;
		}
		me.open.set(key, stream);
		await room.publish(stream, name);
		setState(UID, kind, CRVideo_Status.OPEN);
		tell(KINDS[kind].result, UID, 0);
	}).catch((e) => {
		if (me.room !== room)
			return;
		const none = e.name === 'NotFoundError';
		stopOwn(key);
		setState(UID, kind, none ? CRVideo_Status.NONE : CRVideo_Status.CLOSED);
		room.tellDevice(kind, none ? 'none' : 'closed', name).catch(() => {});
		tell(KINDS[kind].result, UID, codeOf(e));
	}).finally(() => {
		if (me.room !== room)
			return;
		me.busy.delete(key);
		for (const view of me.views)
			view.follow();
	});
}

function stopOwn(key) {
	for (const track of me.open.get(key)?.getTracks() ?? [])
		track.stop();
	me.open.delete(key);
	me.busy.delete(key);
}

function closeOwn(kind, name) {
	const room = me.room;
	stopOwn(`${kind}/${name}`);
	if (![...me.open.keys()].some((key) => key.startsWith(kind)))
		setState(room.user, kind, CRVideo_Status.CLOSED);
	for (const view of me.views)
		view.follow();
	me.work = me.work.then(() => room.unpublish(kind, name)).catch(() => {});
}

// Of whom, with which camera a member begins.
function defaultStream(UID) {
	return UID === me.room?.user ? streamOf(me.camera) : me.room?.members.get(UID)?.defaultCamera || 'main';
}

// Anybody's in the room, by the server: it asks their page, or ours, when there is room for one more. Beyond its limits a device stays OPENING.
function device(UID, kind, on) {
	const room = me.room, own = UID === room?.user;
	if (!me.entered)
		return CRVideo_Error.STATE;
	if (!own && !room.members.has(UID))
		return CRVideo_Error.PARAM;
	let streams = kind === 'audio' ? ['main'] : [defaultStream(UID)];
	if (kind === 'video' && !on)
		streams = own ? [...new Set([...me.open.keys(), ...me.busy])].filter((k) => k.startsWith('video/')).map((k) => k.slice(6)) : camerasOf(UID).map((t) => t.stream);
	else if (kind === 'video' && own && me.multi)
		streams = me.cameras.map((c) => streamOf(c.videoID));
	for (const stream of streams.length ? streams : [defaultStream(UID)]) {
		if (own && !on)
			closeOwn(kind, stream);
		if (!own || !on || !me.open.has(`${kind}/${stream}`))
			room.control(UID, kind, on, stream).catch((e) => me.room === room && tell(KINDS[kind].result, UID, codeOf(e)));
	}
	return 0;
}

export function CRVideo_OpenMic(UID) { return device(UID, 'audio', true); }
export function CRVideo_CloseMic(UID) { return device(UID, 'audio', false); }
export function CRVideo_OpenVideo(UID) { return device(UID, 'video', true); }
export function CRVideo_CloseVideo(UID) { return device(UID, 'video', false); }

export function CRVideo_GetVideoCfg() { return { ...me.video }; }
export function CRVideo_GetAudioCfg() { return { ...me.audio }; }

export function CRVideo_SetVideoCfg({ size = me.video.size, fps = me.video.fps } = {}) {
	if (!SIZES[size] || !(fps >= 5 && fps <= 30))
		return CRVideo_Error.PARAM;
	me.video = { size, fps };
	for (const [key, stream] of me.open)
		for (const track of stream.getVideoTracks())
			track.applyConstraints(constraints('video', key.slice(6)).video).catch(() => {});
	return 0;
}

// micid, agc, aec, ns: from the next time on that the microphone is opened.
export function CRVideo_SetAudioCfg(cfg = {}) {
	me.audio = { ...me.audio, ...cfg };
	return 0;
}

export function CRVideo_GetAllVideoInfo(UID) {
	const known = UID === (me.room?.user ?? me.login?.user) ? me.cameras.map(({ videoID, videoName }) => [videoID, videoName])
		: (me.room?.members.get(UID)?.cameras ?? []).map(({ stream, name }) => [videoIDOf(stream), name]);
	return known.map(([videoID, videoName]) => ({ userID: UID, videoID, videoName }));
}

// Whether all our cameras open at once, each to be watched by its number.
export function CRVideo_SetEnableMutiVideo(UID, enabled) {
	if (UID !== (me.room?.user ?? me.login?.user))
		return CRVideo_Error.PARAM;
	me.multi = Boolean(enabled);
	return 0;
}

// With which camera a member begins. Ours changes over when it is open.
export function CRVideo_SetDefaultVideo(UID, videoID) {
	const own = UID === (me.room?.user ?? me.login?.user);
	if (!CRVideo_GetAllVideoInfo(UID).some((v) => v.videoID === videoID))
		return CRVideo_Error.PARAM;
	const before = streamOf(me.camera), changes = own && me.open.has(`video/${before}`) && !me.multi && videoID !== me.camera;
	if (own)
		me.camera = videoID;
	me.room?.setDefaultCamera(UID, streamOf(videoID)).catch(() => {});
	if (changes) {
		closeOwn('video', before);
		device(UID, 'video', true);
	}
	return 0;
}

export function CRVideo_GetDefaultVideo(UID) {
	return CRVideo_GetAllVideoInfo(UID).length ? videoIDOf(defaultStream(UID)) : 0;
}

// ---- 5, 6: views ----

function camerasOf(UID) {
	return [...me.room?.members.get(UID)?.tracks.values() ?? []].filter((t) => t.kind === 'video' && t.stream !== 'sub');
}

// What is in a view comes, and only while it is shown.
class VideoObj {
	#box = Object.assign(document.createElement('div'), { className: 'crvideo' });
	#video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: true });
	#UID = '';
	#camera = -1;
	#hidden = false;

	constructor() {
		this.#box.append(this.#video);
		this.#video.style.cssText = 'display: block; width: 100%; height: 100%; object-fit: contain';
	}

	handler() { return this.#box; }

	// camID -1: the member's default camera. An empty UID shows nothing.
	setVideo(UID, camID = -1) {
		const before = this.wanted();
		this.#UID = String(UID ?? '');
		this.#camera = camID;
		me.views.add(this);
		release(before);
		this.follow();
	}

	hide() {
		const before = this.wanted();
		this.#hidden = true;
		this.#box.style.display = 'none';
		release(before);
		this.follow();
	}

	show() {
		this.#hidden = false;
		this.#box.style.display = '';
		this.follow();
	}

	destroy() {
		const before = this.wanted();
		me.views.delete(this);
		this.#UID = '';
		release(before);
		this.#box.remove();
	}

	// The track of somebody else that it shows, if there is one.
	wanted() {
		if (this.#hidden || !this.#UID || this.#UID === me.room?.user)
			return null;
		const cameras = camerasOf(this.#UID), stream = this.#camera > 0 ? streamOf(this.#camera) : defaultStream(this.#UID);
		return cameras.find((t) => t.stream === stream) ?? (this.#camera > 0 ? null : cameras[0]) ?? null;
	}

	follow() {
		const info = this.wanted(), own = !this.#hidden && this.#UID && this.#UID === me.room?.user;
		if (info && me.entered && !me.tracks.has(info.id))
			me.room.subscribe(info.user, 'video', info.stream).catch(() => {});
		const mine = this.#camera > 0 ? streamOf(this.#camera) : defaultStream(this.#UID);
		const track = own ? me.open.get(`video/${mine}`)?.getVideoTracks()[0] : info && me.tracks.get(info.id);
		if ((this.#video.srcObject?.getTracks()[0] ?? null) === (track ?? null))
			return;
		this.#video.srcObject = track ? new MediaStream([track]) : null;
		this.#video.play().catch(() => {});
	}
}

// No view shows it any more: it need not come.
function release(info) {
	if (info && me.entered && ![...me.views].some((view) => view.wanted()?.id === info.id))
		me.room.unsubscribe(info.user, 'video', info.stream).catch(() => {});
}

// What the server counts for us, as Room.serverStats() tells it; null outside of a room.
export async function stats() {
	return await me.room?.serverStats() ?? null;
}

export function CRVideo_CreatVideoObj() { return new VideoObj(); }

export function CRVideo_GetAllMembers() {
	if (!me.entered)
		return [];
	const one = (UID, nickname) => ({ userID: UID, nickname, audioStatus: stateOf(UID, 'audio'), videoStatus: stateOf(UID, 'video') });
	return [one(me.room.user, me.room.name), ...[...me.room.members.values()].map((m) => one(m.user, m.name))];
}

// ---- 7 to 9: the way back ----

// Whether one was in a room.
function leaveRoom() {
	const room = me.room, was = me.entered;
	me.room = null;
	me.entered = false;
	for (const key of [...me.open.keys()])
		stopOwn(key);
	me.busy.clear();
	for (const id of [...me.sounds.keys()])
		unhear(id);
	me.tracks.clear();
	me.states.clear();
	for (const view of me.views)
		view.follow();
	room?.leave();
	return was;
}

// At once: no answer is waited for.
export function CRVideo_ExitMeeting() { leaveRoom(); }

export function CRVideo_Logout() {
	const session = me.session;
	me.session = null;
	leaveRoom();
	session?.logout();
}

export function CRVideo_Uninit() {
	if (life !== 'running')
		return;
	CRVideo_Logout();
	for (const c of Object.values(callbacks))
		c.callback = null;
	life = 'over';
}

export function install(target = globalThis) {
	Object.assign(target, { CRVideo_Init, CRVideo_SetServerAddr, CRVideo_Login, CRVideo_LoginByToken, CRVideo_UpdateToken, CRVideo_CreateMeeting, CRVideo_CreateMeeting2, CRVideo_DestroyMeeting,
		CRVideo_EnterMeeting3, CRVideo_OpenMic, CRVideo_CloseMic, CRVideo_OpenVideo, CRVideo_CloseVideo, CRVideo_GetVideoCfg, CRVideo_SetVideoCfg, CRVideo_GetAudioCfg, CRVideo_SetAudioCfg,
		CRVideo_GetAllVideoInfo, CRVideo_SetEnableMutiVideo, CRVideo_SetDefaultVideo, CRVideo_GetDefaultVideo, CRVideo_CreatVideoObj, CRVideo_GetAllMembers, CRVideo_ExitMeeting, CRVideo_Logout, CRVideo_Uninit, CRVideo_Error,
		CRVideo_Status, ...Object.fromEntries(CALLBACKS.map((name) => [`CRVideo_${name}`, callbacks[name]])) });
}


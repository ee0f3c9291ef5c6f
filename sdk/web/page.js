// The page: joins with what the form or the query says, and shows everybody as a tile.
import { Room } from './loquat.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const tiles = new Map(); // by user, or '' for ourselves; what is not "main" by user, a space, and its stream
let room = null;
const muted = { audio: false, video: false };

// ---- tiles ----

function addTile(user, name) {
	const tile = $('tile').content.firstElementChild.cloneNode(true);
	tile.dataset.user = user;
	tile.querySelector('.name').textContent = name;
	tile.querySelector('.avatar').textContent = [...name.trim()][0]?.toUpperCase() ?? '?';
	tile.querySelector('video').srcObject = new MediaStream();
	$('grid').append(tile);
	tiles.set(user, tile);
	layout();
	return tile;
}

function removeTile(user) {
	tiles.get(user)?.remove();
	tiles.delete(user);
	layout();
}

function layout() {
	const n = Math.max(1, tiles.size);
	$('grid').style.setProperty('--columns', Math.ceil(Math.sqrt(n)));
	const people = [...tiles.keys()].filter((k) => !k.includes(' ')).length;
	$('count').textContent = `${people} here`;
	$('alone').hidden = people > 1;
}

function setTrack(user, track) {
	const video = tiles.get(user)?.querySelector('video');
	if (!video)
		return;
	for (const t of video.srcObject.getTracks())
		if (t.kind === track.kind)
			video.srcObject.removeTrack(t);
	video.srcObject.addTrack(track);
	video.play().catch(() => showError('Click anywhere to hear the others.'));
	tiles.get(user).classList.add(`has-${track.kind}`);
}

// A user's screen and further cameras have tiles of their own.
function keyOf(info) {
	return info.stream === 'main' ? info.user : `${info.user} ${info.stream}`;
}

function tileOf(info) {
	const key = keyOf(info);
	if (!tiles.has(key)) {
		const name = room?.members.get(info.user)?.name ?? info.user;
		addTile(key, `${name}, ${info.stream === 'sub' ? 'screen' : `${info.stream} camera`}`);
	}
	return key;
}

function endTrack(info) {
	const key = keyOf(info), tile = tiles.get(key);
	tile?.classList.remove(`has-${info.kind}`);
	if (key !== info.user && !tile?.matches('.has-audio, .has-video'))
		removeTile(key);
}

function setMuted(user, kind, on) {
	tiles.get(user)?.classList.toggle(`${kind}-muted`, on);
}

// ---- messages ----

let errorTimer;
function showError(message) {
	$('error').textContent = message;
	$('error').hidden = false;
	clearTimeout(errorTimer);
	errorTimer = setTimeout(() => { $('error').hidden = true; }, 10000);
}

function explain(e) {
	switch (e.name) {
	case 'NotAllowedError': return 'The browser may not use camera and microphone: allow it in the address bar, then join again.';
	case 'NotFoundError': return 'No camera or microphone was found.';
	case 'NotReadableError': return 'Camera or microphone is in use by another program.';
	default: return e.message;
	}
}

// ---- the stage ----

function showRole(role) {
	const up = role === 'broadcaster';
	$('hand').hidden = up;
	$('audio').hidden = $('video').hidden = !up;
	setHand(false);
}

function setHand(on) {
	$('hand').classList.toggle('on', on);
	$('hand').setAttribute('aria-pressed', on);
}

// A host sees who asks, with two buttons.
function showWaiting(user, name, on) {
	[...$('waiting').children].find((li) => li.dataset.user === user)?.remove();
	if (!on)
		return;
	const li = document.createElement('li');
	li.dataset.user = user;
	li.append(`${name} asks to come up `);
	for (const [text, accept] of [['Let up', true], ['Not now', false]]) {
		const button = document.createElement('button');
		button.textContent = text;
		button.addEventListener('click', () => room?.answerStage(user, accept).catch((e) => showError(e.message)));
		li.append(button);
	}
	$('waiting').append(li);
}

const answers = { refused: 'You are not let up now.', timeout: 'Nobody has answered: ask again.', removed: 'You are in the audience again.' };

async function onRole(r, role) {
	showRole(role);
	try {
		if (role !== 'broadcaster')
			return disappear(r);
		const stream = await capture();
		if (room === r && r.role === 'broadcaster')
			await appear(r, stream);
		else // it has been sent down, or has left, meanwhile
			stream.getTracks().forEach((t) => t.stop());
	} catch (e) {
		showError(explain(e));
	}
}

async function appear(r, stream) {
	r.localStream = stream;
	addTile('', `${$('nickname').value.trim() || 'Me'} (you)`).classList.add('local');
	tiles.get('').querySelector('video').muted = true;
	for (const t of stream.getTracks())
		setTrack('', t);
	if (r.user)
		await r.publish(stream);
}

function disappear(r) {
	for (const t of r.localStream?.getTracks() ?? [])
		t.stop();
	r.localStream = null;
	removeTile('');
}

// ---- joining and leaving ----

function watch(r) {
	const on = (type, fn) => r.addEventListener(type, (e) => fn(e.detail));
	on('userjoined', ({ user, name }) => addTile(user, name));
	on('userleft', ({ user }) => [...tiles.keys()].filter((k) => k === user || k.startsWith(`${user} `)).forEach(removeTile));
	on('track', ({ info, track }) => {
		const key = tileOf(info);
		setTrack(key, track);
		setMuted(key, info.kind, info.muted);
	});
	on('trackended', ({ info }) => endTrack(info));
	on('muted', ({ info }) => setMuted(keyOf(info), info.kind, info.muted));
	on('role', ({ role }) => onRole(r, role));
	on('stagerequest', ({ user, name, on: asks }) => showWaiting(user, name, asks));
	on('stageanswer', ({ state, by, reason }) => {
		setHand(false);
		if (answers[state])
			showError(`${answers[state]}${reason ? ` ${r.members.get(by)?.name ?? by}: ${reason}` : ''}`);
	});
	on('error', ({ message }) => showError(message));
	on('closed', ({ reason }) => {
		if (room === r)
			hangUp(reason === 'left' ? '' : `The call has ended: ${reason}.`);
	});
}

// Camera and microphone; whichever is there when one is missing.
async function capture() {
	if (!navigator.mediaDevices)
		throw new Error('Browsers give camera and microphone only to pages from https:// or from localhost.');
	const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
	const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
	try {
		return await navigator.mediaDevices.getUserMedia({ audio, video });
	} catch (e) {
		if (e.name !== 'NotFoundError')
			throw e;
		showError('No camera was found: you are heard only.');
		return navigator.mediaDevices.getUserMedia({ audio });
	}
}

async function join() {
	const name = $('nickname').value.trim();
	const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
	$('join').disabled = true;
	$('error').hidden = true;
	try {
		const role = query.get('role') === 'audience' ? 'audience' : 'broadcaster', stream = role === 'broadcaster' && await capture();
		room = new Room({ url: `${scheme}://${location.host}`, room: $('room').value, name, token: query.get('token') ?? '', codec: $('codec').value, role });
		watch(room);
		showRole(role);
		if (stream)
			await appear(room, stream);
		const joined = await room.join();
		$('title').textContent = joined.room;
		document.body.classList.add('in-call');
		if (stream)
			await room.publish(stream);
	} catch (e) {
		hangUp(explain(e));
	}
	$('join').disabled = false;
}

function hangUp(message) {
	const r = room;
	room = null;
	for (const t of r?.localStream?.getTracks() ?? [])
		t.stop();
	for (const user of [...tiles.keys()])
		removeTile(user);
	$('waiting').replaceChildren();
	for (const kind of ['audio', 'video'])
		setButton(kind, false);
	document.body.classList.remove('in-call');
	if (message)
		showError(message);
	return r?.leave();
}

// ---- buttons ----

function setButton(kind, on) {
	muted[kind] = on;
	$(kind).classList.toggle('off', on);
	$(kind).setAttribute('aria-pressed', on);
}

function toggle(kind) {
	setButton(kind, !muted[kind]);
	setMuted('', kind, muted[kind]);
	room?.mute(kind, muted[kind]).catch((e) => showError(e.message));
}

$('form').addEventListener('submit', (e) => {
	e.preventDefault();
	join();
});
$('audio').addEventListener('click', () => toggle('audio'));
$('video').addEventListener('click', () => toggle('video'));
$('hand').addEventListener('click', () => {
	const on = !$('hand').classList.contains('on');
	setHand(on);
	room?.askForStage(on).catch((e) => {
		setHand(false);
		showError(e.message);
	});
});
$('hangup').addEventListener('click', () => hangUp(''));
$('error').addEventListener('click', () => { $('error').hidden = true; });
document.addEventListener('click', () => {
	for (const tile of tiles.values())
		tile.querySelector('video').play().catch(() => {});
});
addEventListener('pagehide', () => room?.leave());

$('room').value = query.get('room') ?? 'lobby';
$('nickname').value = query.get('name') ?? '';
$('codec').value = query.get('codec')?.toUpperCase() ?? '';
if ($('codec').value !== (query.get('codec')?.toUpperCase() ?? ''))
	$('codec').value = '';
layout();
if (query.get('autojoin') === '1')
	join();

// For tests and the console.
window.loquat = { get room() { return room; }, tiles };

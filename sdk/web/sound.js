// Sound and devices in a page: how loud everybody is, who speaks, a volume for each user, lists of devices and changing over to another.
//
//   const sound = new Sound(room, { interval: 200, vad: true });
//   sound.addEventListener('volumes', (e) => draw(e.detail.volumes));
//   room.addEventListener('track', (e) => e.detail.info.kind === 'audio' && sound.play(e.detail.info, e.detail.track));
//   sound.setVolume('ann', 150);
//
// Events (CustomEvent, `detail`): volumes {volumes: [{user ("" ourselves), stream, volume (0 to 255), db, speaking}]} at each interval ·
// activespeaker {user ("" ourselves), anybody} when it changes. Levels of others are as they come, before setVolume; ours is 0 while muted.

const SPEAKING_DB = -45;
const SILENCE_MS = 2000;
const LOUDER_DB = 3;
const HOLD_MS = 300;

export const db = (level) => (level > 0 ? Math.max(-127, 20 * Math.log10(level)) : -127);

// Who speaks: the loudest, with some inertia. The same rules as in sdk/speaker.c.
export class Speaker {
	user = null; // null: nobody
	#heard = 0;
	#rival = null;

	// Returns whether it has changed. volumes: [{user, db}]; now and hold in ms.
	update(volumes, now, hold) {
		const speaking = volumes.filter((v) => v.db > SPEAKING_DB);
		const first = speaking.reduce((a, b) => (!a || b.db > a.db ? b : a), null);
		if (!first)
			return this.#nobody(now);
		if (this.user === null)
			return this.#become(first.user, now);
		const own = Math.max(-127, ...speaking.filter((v) => v.user === this.user).map((v) => v.db));
		if (own > SPEAKING_DB)
			this.#heard = now;
		if (first.user === this.user || (own > SPEAKING_DB && first.db < own + LOUDER_DB)) {
			this.#rival = null;
			return false;
		}
		if (this.#rival?.user !== first.user)
			this.#rival = { user: first.user, since: now };
		return now - this.#rival.since >= hold && this.#become(first.user, now);
	}

	#become(user, now) {
		this.user = user;
		this.#heard = now;
		this.#rival = null;
		return true;
	}

	#nobody(now) {
		this.#rival = null;
		if (this.user === null || now - this.#heard < SILENCE_MS)
			return false;
		this.user = null;
		return true;
	}
}

export class Sound extends EventTarget {
	#room;
	#options;
	#timer = null;
	#tracks = new Map(); // of others: {user, stream} by the track's id
	#levels = new Map(); // smoothed
	#speaker = new Speaker();
	#players = new Map(); // by "user/stream"
	#volumes = new Map(); // in percent
	#context = null;
	#sink = '';

	// interval: ms; 0 or less: no report, 1 to 100: 100. smooth: the newest level's part, 0 to 1.
	constructor(room, { interval = 0, smooth = 1, vad = false } = {}) {
		super();
		this.#room = room;
		room.addEventListener('track', ({ detail: { info, track } }) => info.kind === 'audio' && this.#tracks.set(track.id, info));
		room.addEventListener('trackended', ({ detail: { info } }) => this.stop(info));
		room.addEventListener('closed', () => this.close());
		this.report({ interval, smooth, vad });
	}

	report({ interval, smooth = 1, vad = false }) {
		if (!(smooth >= 0 && smooth <= 1))
			throw new RangeError('smooth is 0 to 1');
		clearInterval(this.#timer);
		this.#options = { interval: interval <= 0 ? 0 : Math.max(100, interval), smooth: smooth || 1, vad };
		this.#timer = this.#options.interval ? setInterval(() => this.#tell(), this.#options.interval) : null;
	}

	// Plays a sound of the room at its volume. Where the page needs a click first, the promise is refused until then.
	async play(info, track) {
		const key = `${info.user}/${info.stream}`;
		this.stop(info);
		const element = new Audio();
		element.srcObject = new MediaStream([track]);
		const player = { element, track, gain: null };
		this.#players.set(key, player);
		this.#tracks.set(track.id, info);
		this.#apply(key);
		if (this.#sink)
			await element.setSinkId(this.#sink);
		await element.play();
		return element;
	}

	stop({ user, stream }) {
		const player = this.#players.get(`${user}/${stream}`);
		if (!player)
			return;
		player.element.srcObject = null;
		player.gain?.disconnect();
		this.#players.delete(`${user}/${stream}`);
	}

	// percent: 0 to 400; before the user is there, and while it is.
	setVolume(user, percent, stream = 'main') {
		if (!(percent >= 0 && percent <= 400))
			throw new RangeError('a volume is 0 to 400 percent');
		this.#volumes.set(`${user}/${stream}`, percent);
		this.#apply(`${user}/${stream}`);
	}

	volume(user, stream = 'main') { return this.#volumes.get(`${user}/${stream}`) ?? 100; }

	// An element plays up to 100 %; what is louder goes through Web Audio, while the element, muted, keeps the sound flowing.
	#apply(key) {
		const player = this.#players.get(key), percent = this.#volumes.get(key) ?? 100;
		if (!player)
			return;
		if (percent > 100 && !player.gain) {
			this.#context ??= new AudioContext();
			player.gain = this.#context.createGain();
			this.#context.createMediaStreamSource(new MediaStream([player.track])).connect(player.gain).connect(this.#context.destination);
		}
		player.element.muted = player.gain !== null;
		player.element.volume = Math.min(1, percent / 100);
		player.gain?.gain.setTargetAtTime(percent / 100, this.#context.currentTime, 0.01);
	}

	// The speaker that everything is played by; "" is the default one.
	async selectSpeaker(id) {
		await Promise.all([...this.#players.values()].map((p) => p.element.setSinkId(id)));
		await this.#context?.setSinkId?.(id);
		this.#sink = id;
	}

	close() {
		clearInterval(this.#timer);
		this.#timer = null;
		for (const key of this.#players.keys()) {
			const [user, stream] = key.split('/');
			this.stop({ user, stream });
		}
		this.#context?.close();
		this.#context = null;
	}

	// ---- the report ----

	#one(key, user, stream, level) {
		const before = this.#levels.get(key) ?? 0, now = before + this.#options.smooth * (level - before);
		this.#levels.set(key, now);
		return { user, stream, volume: Math.round(255 * now), db: db(now), speaking: this.#options.vad && db(now) > SPEAKING_DB };
	}

	async #levelsNow() {
		const { sending, receiving } = await this.#room.stats();
		const volumes = [];
		for (const s of sending?.values() ?? [])
			if (s.type === 'media-source' && s.kind === 'audio')
				for (const [stream, media] of this.#room.localStreams) {
					const track = media.getAudioTracks().find((t) => t.id === s.trackIdentifier);
					if (track)
						volumes.push(this.#one(`/${stream}`, '', stream, track.enabled ? s.audioLevel ?? 0 : 0));
				}
		for (const s of receiving?.values() ?? []) {
			const info = s.type === 'inbound-rtp' && s.kind === 'audio' ? this.#tracks.get(s.trackIdentifier) : null;
			if (info && this.#room.members.get(info.user)?.tracks.has(info.id))
				volumes.push(this.#one(`${info.user}/${info.stream}`, info.user, info.stream, info.muted ? 0 : s.audioLevel ?? 0));
		}
		return volumes;
	}

	async #tell() {
		const volumes = await this.#levelsNow();
		if (!this.#timer)
			return;
		this.dispatchEvent(new CustomEvent('volumes', { detail: { volumes } }));
		if (this.#speaker.update(volumes, performance.now(), this.#options.interval < HOLD_MS ? HOLD_MS : 0))
			this.dispatchEvent(new CustomEvent('activespeaker', { detail: { user: this.#speaker.user ?? '', anybody: this.#speaker.user !== null } }));
	}
}

// ---- devices ----

const KINDS = { camera: 'videoinput', microphone: 'audioinput', speaker: 'audiooutput' };

// [{id, name, isDefault}] of "camera", "microphone" or "speaker". Names are empty until the user has allowed the page to use one.
export async function devices(kind) {
	if (!KINDS[kind])
		throw new RangeError(`there is no kind "${kind}": ${Object.keys(KINDS).join(', ')}`);
	const all = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === KINDS[kind]);
	const real = all.filter((d) => d.deviceId !== 'default' && d.deviceId !== 'communications');
	const standard = all.find((d) => d.deviceId === 'default');
	const list = real.length ? real : all;
	const first = list.find((d) => standard && d.groupId === standard.groupId) ?? list[0];
	return list.map((d) => ({ id: d.deviceId, name: d.label, isDefault: d === first }));
}

// Calls fn({kind, id, name, on}) for each device that is plugged in (on) or pulled out. Returns a function that ends it.
export function watchDevices(fn) {
	let known = null;
	const look = async () => {
		const now = new Map();
		for (const kind of Object.keys(KINDS))
			for (const d of await devices(kind))
				now.set(`${kind}/${d.id}`, { kind, id: d.id, name: d.name });
		const before = known;
		known = now;
		for (const [key, d] of before ?? [])
			if (!now.has(key))
				fn({ ...d, on: false });
		for (const [key, d] of before ? now : [])
			if (!before.has(key))
				fn({ ...d, on: true });
	};
	const listener = () => look();
	look();
	navigator.mediaDevices.addEventListener('devicechange', listener);
	return () => navigator.mediaDevices.removeEventListener('devicechange', listener);
}

// Takes a stream of the room from another camera or microphone, while it runs. constraints: more for getUserMedia. The old track is stopped once the new one is there; where
// that cannot be had, the old one goes on and the promise is refused.
export async function selectDevice(room, kind, id, { stream = 'main', constraints = {} } = {}) {
	const media = { camera: 'video', microphone: 'audio' }[kind];
	if (!media)
		throw new RangeError('a camera or a microphone');
	const [track] = (await navigator.mediaDevices.getUserMedia({ [media]: { ...constraints, deviceId: { exact: id } } })).getTracks();
	try {
		await room.replaceTrack(track, stream);
	} catch (e) {
		track.stop();
		throw e;
	}
	return track;
}

// Who is in the room, with their tracks and attributes: the part of a Room that the server tells of the others.

export const keyOf = (t) => `${t.user}/${t.stream}-${t.kind}`;
const UNKNOWN = { up: 0, down: 0 };

export class Members {
	all = new Map(); // user: {user, name, tracks: Map of id: info}
	attributes = {}; // of the room
	#emit;
	#qualities = new Map(); // by user: {up, down}

	constructor(emit) {
		this.#emit = emit;
	}

	// All tracks.
	get tracks() { return [...this.all.values()].flatMap((m) => [...m.tracks.values()]); }

	track(user, id) { return this.all.get(user)?.tracks.get(id); }

	find(user, kind, stream) {
		return [...this.all.get(user)?.tracks.values() ?? []].find((t) => t.kind === kind && t.stream === stream);
	}

	add({ user, name, tracks, info = '', attributes = {}, cameras = [], default_camera: defaultCamera = 'main', guest = null }) {
		this.all.set(user, { user, name, info, attributes, cameras, defaultCamera, guest, tracks: new Map(tracks.map((t) => [t.id, t])) });
		this.#emit('userjoined', { user, name, info, guest });
	}

	drop(user, reason) {
		this.all.delete(user);
		this.#qualities.delete(user);
		this.#emit('userleft', { user, reason });
	}

	// Of a new membership: what differs is told.
	rejoined(members, attributes) {
		const now = new Map(members.map((m) => [m.user, m]));
		for (const [user, { tracks }] of [...this.all].filter(([u]) => !now.has(u))) {
			for (const info of tracks.values())
				this.#emit('unpublished', { info });
			this.drop(user, 'left');
		}
		for (const m of now.values())
			if (this.all.has(m.user))
				this.#update(m);
			else
				this.add(m);
		this.#differ('room', '', this.attributes, attributes);
	}

	#update({ user, tracks, attributes = {}, cameras = [], default_camera: defaultCamera = 'main' }) {
		const member = this.all.get(user), before = [...member.tracks.values()], same = (t) => (o) => keyOf(o) === keyOf(t) && o.codec === t.codec;
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
			this.onAttributes({ of, user, attributes: changes });
	}

	onAttributes({ of, user, attributes }) {
		const target = of === 'room' ? this.attributes : this.all.get(user)?.attributes ?? {};
		for (const [name, value] of Object.entries(attributes))
			if (value === null)
				delete target[name];
			else
				target[name] = value;
		this.#emit('attributes', { of, user, attributes });
	}

	onPublished({ track }) {
		this.all.get(track.user)?.tracks.set(track.id, track);
		this.#emit('published', { info: track });
	}

	// What the track was; undefined: nothing that is known.
	removeTrack({ user, track }) {
		const info = this.track(user, track);
		this.all.get(user)?.tracks.delete(track);
		return info;
	}

	onLayer({ user, track, layer, width, height }) {
		const info = this.track(user, track);
		if (info)
			this.#emit('layer', { info, layer, width, height });
	}

	onMuted({ user, track, muted }) {
		const info = this.track(user, track);
		if (!info)
			return;
		info.muted = muted;
		this.#emit('muted', { info });
	}

	onCameras({ user, cameras }) {
		Object.assign(this.all.get(user) ?? {}, { cameras });
		this.#emit('cameras', { user, cameras });
	}

	onDefaultCamera({ user, stream, by = '' }) {
		Object.assign(this.all.get(user) ?? {}, { defaultCamera: stream });
		this.#emit('defaultcamera', { user, stream, by });
	}

	onQuality({ members }) {
		for (const { user, up, down } of members)
			this.#qualities.set(user, { up, down });
	}

	// me: our own user.
	tellQuality(me) {
		const of = (user) => this.#qualities.get(user) ?? UNKNOWN;
		this.#emit('quality', { qualities: [{ user: '', ...of(me) }, ...[...this.all.keys()].map((user) => ({ user, ...of(user) }))] });
	}
}

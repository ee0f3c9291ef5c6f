// What comes of the others: the part of a Room that subscribes and has the peer connection from the server.

import { keyOf } from './members.js';

export class Receiving {
	pc = null; // peer connection
	#o;
	#rev = 0; // of the last offer
	#life = 0; // how often media was begun anew
	#offers = Promise.resolve(); // offers are answered one after the other
	#shown = new Set(); // ids of tracks that were given to the app
	#asked = new Set(); // ids of tracks that were subscribed
	#wishes = new Map(); // layers that we want: by "user/stream"
	#before = { known: new Set(), asked: new Set() }; // tracks as they were on the connection before: "ann/main-video"

	// request(message), emit(type, detail); connect(): a new peer connection; members; auto: what is subscribed by itself, true, false, "audio" or "video".
	constructor(options) {
		this.#o = options;
	}

	// Tracks that are new, by id: what the app wants by itself.
	welcome(tracks) {
		const { auto, members } = this.#o, infos = new Map(members.tracks.map((t) => [t.id, t]));
		const wanted = tracks.filter((id) => auto === true || (auto && auto === infos.get(id)?.kind));
		if (wanted.length)
			this.subscribe(wanted).catch((e) => {
				if (e.code !== 'ENOENT' && e.code !== 'ECONN') // it may have gone in the meantime, or is asked for again
					this.#o.emit('error', { message: e.message });
			});
	}

	async subscribe(tracks) {
		for (const id of tracks)
			this.#asked.add(id);
		const subscribed = this.#o.request({ type: 'subscribe', tracks });
		const chosen = this.#o.members.tracks.filter((t) => tracks.includes(t.id) && t.kind === 'video');
		for (const t of chosen)
			if (this.#wishes.has(`${t.user}/${t.stream}`))
				this.#o.request({ type: 'layer', track: t.id, layer: this.#wishes.get(`${t.user}/${t.stream}`) }).catch(() => {});
		await subscribed;
	}

	async unsubscribe(info) {
		if (!this.#asked.delete(info.id))
			return;
		await this.#o.request({ type: 'unsubscribe', tracks: [info.id] });
		if (this.#shown.delete(info.id))
			this.#o.emit('trackended', { info });
	}

	async setLayer(user, layer, stream) {
		this.#wishes.set(`${user}/${stream}`, layer);
		const info = this.#o.members.find(user, 'video', stream);
		if (info && this.#asked.has(info.id))
			await this.#o.request({ type: 'layer', track: info.id, layer });
	}

	// The track is published no more; info: what it was, if that is known.
	ended(track, info) {
		this.#asked.delete(track);
		if (this.#shown.delete(track) && info)
			this.#o.emit('trackended', { info });
	}

	onOffer(m) {
		const life = this.#life;
		this.#offers = this.#offers.then(() => life === this.#life && this.#answer(m)).catch((e) => {
			if (life === this.#life && e.code !== 'ECONN') // else the server makes it again
				this.#o.emit('error', { message: e.message });
		});
	}

	async #answer({ sdp, rev, tracks }) {
		const life = this.#life;
		if (rev <= this.#rev)
			return; // sent once more after a loss
		this.#rev = rev;
		this.pc ??= this.#o.connect();
		const pc = this.pc;
		await pc.setRemoteDescription({ type: 'offer', sdp });
		await pc.setLocalDescription();
		await this.#o.request({ type: 'answer', sdp: pc.localDescription.sdp, rev });
		if (life !== this.#life)
			return;
		for (const t of tracks) {
			const info = this.#o.members.track(t.user, t.track);
			const transceiver = pc.getTransceivers().find((x) => x.mid === t.mid);
			if (!info || !transceiver || this.#shown.has(t.track))
				continue;
			this.#shown.add(t.track);
			this.#o.emit('track', { info, track: transceiver.receiver.track });
		}
	}

	// The connection is no more; resubscribe() asks for the same, and for what is new.
	anew() {
		this.#life++;
		this.#rev = 0;
		this.pc?.close();
		this.pc = null;
		this.#offers = Promise.resolve();
		const all = this.#o.members.tracks;
		for (const info of all)
			if (this.#shown.has(info.id))
				this.#o.emit('trackended', { info });
		this.#before = { known: new Set(all.map(keyOf)), asked: new Set(all.filter((t) => this.#asked.has(t.id)).map(keyOf)) };
		this.#shown.clear();
		this.#asked.clear();
	}

	resubscribe() {
		const all = this.#o.members.tracks, { known, asked } = this.#before;
		const again = all.filter((t) => asked.has(keyOf(t))).map((t) => t.id);
		if (again.length)
			this.subscribe(again).catch((e) => e.code !== 'ECONN' && this.#o.emit('error', { message: e.message }));
		this.welcome(all.filter((t) => !known.has(keyOf(t))).map((t) => t.id));
	}
}

// What we publish: the part of a Room that has the peer connection to the server.

import { encodingsOf, preferCodec, sizesOf } from './encodings.js';
import { RoomError } from './link.js';
import { setRates, wantMusic } from './profile.js';

export class Sending {
	pc = null; // peer connection
	#o;
	#slots = new Map(); // what each transceiver carries: "main-video"
	#published = new Map(); // our track ids by slot
	#layers = new Map(); // of our streams by name, as they were published
	#restore = []; // slots that are to be published again on a new connection
	#life = 0; // how often that was begun anew
	#turn = Promise.resolve(); // offers are made one after the other

	// request(message), emit(type, detail); connect(): a new peer connection; isLive(): the room's profile; streams: ours by name; codec: the preferred one.
	constructor(options) {
		this.#o = options;
	}

	// The server's id of a track of ours.
	id(name, kind) { return this.#published.get(`${name}-${kind}`); }

	publish(stream, name, layers) { return this.#inTurn(() => this.#publish(stream, name, layers)); }

	// What was agreed on is agreed on anew.
	renegotiate() { return this.#inTurn(() => this.#published.size && this.#offer()); }

	// After what was begun before, and on no other connection than it was meant for.
	#inTurn(f) {
		const life = this.#life, before = this.#turn;
		const done = (async () => {
			await before;
			this.#mustBe(life);
			try {
				return await f();
			} catch (e) {
				this.#mustBe(life);
				throw e;
			}
		})();
		this.#turn = done.catch(() => {});
		return done;
	}

	#mustBe(life) {
		if (life !== this.#life)
			throw new RoomError('ECONN', 'the media connection was lost meanwhile');
	}

	async #publish(stream, name, layers) {
		if (stream.getTracks().some((t) => this.id(name, t.kind)))
			throw new RoomError('ESTATE', 'already publishing');
		const life = this.#life;
		this.pc ??= this.#o.connect();
		try {
			for (const track of stream.getTracks())
				await this.#send(track, stream, name, layers);
			this.#layers.set(name, layers);
			await this.#offer();
		} catch (e) {
			this.#mustBe(life);
			this.#free((slot) => !this.#published.has(slot));
			throw e;
		}
	}

	unpublish(kind, name) { return this.#inTurn(() => this.#unpublish(kind, name)); }

	async #unpublish(kind, name) {
		const slot = `${name}-${kind}`;
		const track = this.#published.get(slot);
		if (!track)
			return;
		this.#published.delete(slot);
		this.#free((s) => s === slot);
		await this.#o.request({ type: 'unpublish', tracks: [track] });
	}

	// Transceivers that carry nothing any more may be of use again.
	#free(which) {
		for (const [t, slot] of this.#slots)
			if (which(slot) && this.#slots.delete(t) && this.pc.signalingState !== 'closed') {
				t.sender.replaceTrack(null);
				t.direction = 'inactive';
			}
	}

	async replaceTrack(track, name) {
		const slot = `${name}-${track.kind}`;
		const transceiver = this.pc?.getTransceivers().find((t) => this.#slots.get(t) === slot);
		if (!transceiver)
			throw new RoomError('ESTATE', `"${name}" has no ${track.kind} that is published`);
		const old = transceiver.sender.track, media = this.#o.streams.get(name);
		track.enabled = old.enabled;
		await transceiver.sender.replaceTrack(track);
		media?.removeTrack(old);
		media?.addTrack(track);
		old.stop();
	}

	#local(name, stream) {
		const known = this.#o.streams.get(name);
		if (!known) {
			this.#o.streams.set(name, stream);
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

	async #send(track, stream, name, layers) {
		const encodings = track.kind === 'video' ? encodingsOf(layers, track.getSettings()) : [];
		this.#local(name, stream);
		const rids = (t) => t.sender.getParameters().encodings.map((e) => e.rid).filter(Boolean).join();
		const free = this.pc.getTransceivers().find((t) => t.receiver.track.kind === track.kind && !this.#slots.has(t) && rids(t) === encodings.map((e) => e.rid).join());
		if (free) {
			await free.sender.replaceTrack(track);
			free.direction = 'sendonly';
			this.#slots.set(free, `${name}-${track.kind}`);
			return;
		}
		const transceiver = this.pc.addTransceiver(track, { direction: 'sendonly', streams: [stream], ...(encodings.length && { sendEncodings: encodings }) });
		this.#slots.set(transceiver, `${name}-${track.kind}`);
		if (track.kind === 'video' && this.#o.codec)
			preferCodec(transceiver, this.#o.codec);
	}

	async #offer() {
		const pc = this.pc, life = this.#life;
		await pc.setLocalDescription();
		const tracks = pc.getTransceivers().filter((t) => this.#slots.has(t)).map((t) => {
			const [stream, kind] = this.#slots.get(t).split('-');
			return { mid: t.mid, kind, stream, ...sizesOf(t) };
		});
		const published = await this.#o.request({ type: 'publish', sdp: pc.localDescription.sdp, tracks });
		this.#mustBe(life);
		for (const t of published.tracks) {
			const { stream, kind } = tracks.find((x) => x.mid === t.mid);
			this.#published.set(`${stream}-${kind}`, t.track);
		}
		await pc.setRemoteDescription({ type: 'answer', sdp: this.#o.isLive() ? wantMusic(published.sdp) : published.sdp });
		await setRates(pc, this.#o.isLive());
	}

	// The server has dropped all of ours.
	dropped() {
		this.#published.clear();
		this.#restore = [];
		this.#free(() => true);
	}

	// The connection is no more; republish() makes the next.
	anew() {
		this.#life++;
		this.#turn = Promise.resolve();
		this.#restore = [...new Set([...this.#restore, ...this.#published.keys()])];
		this.pc?.close();
		this.pc = null;
		this.#published.clear();
		this.#slots.clear();
	}

	republish() { return this.#inTurn(() => this.#republish()); }

	async #republish() {
		const life = this.#life, wanted = this.#restore;
		const tracks = [...this.#o.streams].flatMap(([name, stream]) => stream.getTracks().map((track) => ({ name, stream, track })))
			.filter((t) => wanted.includes(`${t.name}-${t.track.kind}`) && t.track.readyState === 'live');
		if (!tracks.length)
			return;
		this.pc = this.#o.connect();
		try {
			for (const { name, stream, track } of tracks)
				await this.#send(track, stream, name, this.#layers.get(name));
			await this.#offer();
			for (const { name, track } of tracks)
				if (!track.enabled)
					await this.#o.request({ type: 'mute', track: this.id(name, track.kind), muted: true });
			if (life === this.#life)
				this.#restore = [];
		} catch (e) {
			if (life === this.#life && e.code !== 'ECONN') // else it begins anew once more
				this.#o.emit('error', { message: `could not publish again: ${e.message}` });
		}
	}
}

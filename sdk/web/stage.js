// Who asks to come up, and what came of our own asking: the part of a Room that knows of the stage.

export class Stage {
	waiting = new Map(); // of a host: name by user
	#request;
	#emit;
	#become;
	#asking = false;
	#up = false; // by a host's word, which holds for one membership

	// become(role) is called when a host has let us up or sent us down.
	constructor(request, emit, become) {
		this.#request = request;
		this.#emit = emit;
		this.#become = become;
	}

	async ask(on) {
		await this.#request({ type: 'stage_request', on });
		this.#asking = on;
	}

	became(role) {
		this.#asking = false;
		this.#up &&= role === 'broadcaster';
	}

	onAnswer({ state, by = '', reason = '' }) {
		this.#asking = false;
		this.#up = state === 'accepted';
		this.#emit('stageanswer', { state, by, reason });
		if (state === 'accepted' || state === 'removed')
			this.#become(state === 'accepted' ? 'broadcaster' : 'audience');
	}

	onRequest({ user, name, on, reason = '', by = '' }) {
		if (on === this.waiting.has(user))
			return;
		if (on)
			this.waiting.set(user, name);
		else
			this.waiting.delete(user);
		this.#emit('stagerequest', { user, name, on, reason, by });
	}

	// Who waits by now.
	waits(list = []) {
		const now = new Map(list.map(({ user, name }) => [user, name]));
		for (const [user, name] of [...this.waiting])
			if (!now.has(user))
				this.onRequest({ user, name, on: false, reason: 'left' });
		for (const [user, name] of now)
			this.onRequest({ user, name, on: true });
	}

	// A new membership: what was asked for is asked again.
	rejoined({ waiting }) {
		if (this.#up)
			this.onAnswer({ state: 'removed', reason: 'the connection was lost for too long' });
		else if (this.#asking)
			this.ask(true).catch(() => {});
		this.waits(waiting);
	}
}

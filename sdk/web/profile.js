// What a live room changes of what a browser sends: music in stereo, a higher rate of the picture. Key frames and buffers are the browser's own business.

const RATES = { audio: 160000, video: 2500000 };

// The rates of what is sent; pictures in layers have their own. False: the browser does not take it.
export async function setRates(pc, live) {
	for (const { sender } of pc?.getTransceivers() ?? []) {
		const parameters = sender.track && sender.getParameters();
		if (!parameters || parameters.encodings?.length !== 1 || parameters.encodings[0].rid)
			continue;
		if (live)
			parameters.encodings[0].maxBitrate = RATES[sender.track.kind];
		else
			delete parameters.encodings[0].maxBitrate;
		await sender.setParameters(parameters);
	}
}

// An answer that asks our encoder for stereo (RFC 7587).
export function wantMusic(sdp) {
	const [, type] = sdp.match(/^a=rtpmap:(\d+) opus\/48000/mi) ?? [];
	return type ? sdp.replace(new RegExp(`^(a=fmtp:${type} [^\r\n]*)`, 'mg'), `$1;stereo=1;sprop-stereo=1;maxaveragebitrate=${RATES.audio}`) : sdp;
}

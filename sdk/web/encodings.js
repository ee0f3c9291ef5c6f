// In which encodings a picture is sent, and as what a browser says so.

import { RoomError } from './link.js';

const RIDS = { 2: ['h', 'l'], 3: ['h', 'm', 'l'] };

// Browsers send no more layers of a small picture, and would leave out the best.
function layersAt({ width = 1280, height = 720 }) {
	return width * height >= 960 * 540 ? 3 : width * height >= 480 * 270 ? 2 : 1;
}

// What a browser takes: the smallest first. [] for one encoding.
export function encodingsOf(layers, size) {
	let list = Array.isArray(layers) ? layers : Array.from({ length: layers ?? 1 }, () => ({}));
	if (list.length > 3)
		throw new RoomError('EINVAL', 'at most three layers');
	while (list.length > layersAt(size)) // the middle goes first
		list = list.filter((_, i) => i !== 1);
	const rids = RIDS[list.length] ?? [];
	return rids.map((rid, i) => ({ rid, scaleResolutionDownBy: list[i].scale ?? 2 ** i, ...(list[i].bitrate && { maxBitrate: list[i].bitrate }),
		...(list[i].fps && { maxFramerate: list[i].fps }) })).reverse();
}

// Of a transceiver's picture, and of its layers, the best first.
export function sizesOf(transceiver) {
	const { width, height } = transceiver.sender.track.kind === 'video' ? transceiver.sender.track.getSettings() : {};
	const encodings = transceiver.sender.getParameters().encodings.filter((e) => e.rid).reverse();
	const scaled = (n, e) => Math.floor(n / (e.scaleResolutionDownBy ?? 1));
	return { ...(width && height && { width, height }),
		...(encodings.length > 1 && { layers: encodings.map((e) => ({ rid: e.rid, ...(width && height && { width: scaled(width, e), height: scaled(height, e) }) })) }) };
}

// The preferred codec first; the others stay as a way out.
export function preferCodec(transceiver, name) {
	const codecs = RTCRtpSender.getCapabilities('video').codecs;
	const wanted = (c) => c.mimeType.toLowerCase() === `video/${name.toLowerCase()}` && !/packetization-mode=0/.test(c.sdpFmtpLine ?? '');
	if (!codecs.some(wanted))
		throw new RoomError('ENOTSUP', `this browser has no ${name}`);
	transceiver.setCodecPreferences([...codecs.filter(wanted), ...codecs.filter((c) => !wanted(c))]);
}

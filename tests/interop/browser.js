// Headless Chromium and what its page sees and hears; for tests that put a browser beside something else.
'use strict';
const fs = require('fs');
const path = require('path');
const loquatd = require('../server/loquatd.js');

const SKIPPED = 77;

function which(name) {
	return (process.env.PATH || '').split(':').map((d) => path.join(d, name)).find((f) => fs.existsSync(f));
}

function skip(why) {
	console.log(`skipped: ${why}`);
	process.exit(SKIPPED);
}

// Chromium's path and playwright, or the test is skipped.
function requirements() {
	const chromium = which('chromium') || which('chromium-browser') || which('google-chrome');
	let playwright;
	try {
		playwright = require('playwright-core');
	} catch {
		skip('playwright-core is not installed: run npm ci in tests/interop');
	}
	return { chromium: chromium || skip('chromium is not installed'), playwright };
}

async function launch({ chromium, playwright }, more = []) {
	return playwright.chromium.launch({
		executablePath: chromium,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
			'--disable-sync', '--disable-dev-shm-usage', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
			'--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required', ...more],
	});
}

// Opens the page and joins; resolves when it is in the call.
async function join(browser, port, { room, name, codec = '' }) {
	const context = await browser.newContext();
	const page = await context.newPage();
	page.on('pageerror', (e) => console.error(`${name}: ${e}`));
	page.on('console', (m) => m.type() === 'error' && console.error(`${name}: ${m.text()}`));
	const query = new URLSearchParams({ room, name, codec, autojoin: '1' });
	await page.goto(`http://127.0.0.1:${port}/?${query}`);
	await page.waitForSelector('body.in-call', { timeout: 30000 });
	return page;
}

// Resolves when `name` is seen: a picture that is not one colour and moves. {width, height, pictures, spread}
async function sees(page, name, seconds = 40) {
	const handle = await page.waitForFunction((wanted) => {
		const tile = [...document.querySelectorAll('.tile:not(.local)')].find((t) => t.querySelector('.name').textContent === wanted);
		const video = tile?.querySelector('video');
		if (!video?.videoWidth)
			return false;
		const canvas = document.createElement('canvas');
		canvas.width = 80;
		canvas.height = 45;
		const context = canvas.getContext('2d', { willReadFrequently: true });
		context.drawImage(video, 0, 0, 80, 45);
		const pixels = context.getImageData(0, 0, 80, 45).data;
		let hash = 0, low = 255, high = 0;
		for (let i = 0; i < pixels.length; i += 4) {
			hash = (hash * 31 + pixels[i] + pixels[i + 1] * 3 + pixels[i + 2] * 7) | 0;
			low = Math.min(low, pixels[i + 1]);
			high = Math.max(high, pixels[i + 1]);
		}
		const seen = (window.seenPictures ??= {});
		(seen[wanted] ??= new Set()).add(hash);
		return seen[wanted].size >= 5 && high - low > 32 && { width: video.videoWidth, height: video.videoHeight, pictures: seen[wanted].size, spread: high - low };
	}, name, { timeout: seconds * 1000, polling: 100 });
	return handle.jsonValue();
}

// Resolves when `name` is heard: the loudest sample of a moment.
async function hears(page, name, seconds = 40) {
	const handle = await page.waitForFunction((wanted) => {
		const tile = [...document.querySelectorAll('.tile:not(.local)')].find((t) => t.querySelector('.name').textContent === wanted);
		const track = tile?.querySelector('video').srcObject.getAudioTracks()[0];
		if (!track)
			return false;
		const ears = (window.ears ??= {});
		if (!ears[wanted]) {
			const context = new AudioContext();
			ears[wanted] = context.createAnalyser();
			context.createMediaStreamSource(new MediaStream([track])).connect(ears[wanted]);
		}
		const samples = new Float32Array(ears[wanted].fftSize);
		ears[wanted].getFloatTimeDomainData(samples);
		const peak = Math.max(...samples.map(Math.abs));
		return peak > 0.01 && { peak };
	}, name, { timeout: seconds * 1000, polling: 20 });
	return handle.jsonValue();
}

// The codecs of what is received, as the browser says: ["audio/opus", "video/VP8"].
function codecs(page) {
	return page.evaluate(async () => {
		const { receiving } = await window.loquat.room.stats();
		const all = [...receiving.values()];
		return all.filter((s) => s.type === 'inbound-rtp').map((s) => receiving.get(s.codecId)?.mimeType).sort();
	});
}

module.exports = { ...loquatd, requirements, launch, join, sees, hears, codecs };

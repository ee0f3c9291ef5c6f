// The page that tries nertc.js, in the order of the published flow: import, initialize, local view, join, remote views, leave, release.
import NERtcSDK, { STREAM_TYPE } from './nertc.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const say = (text) => { $('status').textContent = text; };

// 1, 2: the engine, and what it tells.
const engine = new NERtcSDK.NERtcEngine();
let previewing = false;

engine.on('onError', (code, text) => say(`error ${code}: ${text}`));
engine.on('onJoinChannel', (cid, uid, result, elapsed) => {
	say(result === 0 ? `joined ${cid} as ${uid} in ${elapsed} ms` : `not joined: ${result}`);
	$('leave').disabled = result !== 0;
	if (result === 0)
		engine.enableLocalVideo(true);
});
engine.on('onLeaveChannel', () => {
	say('left');
	$('leave').disabled = true;
	for (const view of document.querySelectorAll('.view[data-uid]'))
		view.remove();
});
engine.on('onDisconnect', (code) => say(`disconnected: ${code}`));

// 5: others.
const viewOf = (uid) => document.querySelector(`.view[data-uid="${CSS.escape(String(uid))}"]`);
engine.on('onUserJoined', (uid) => {
	const view = Object.assign(document.createElement('div'), { className: 'view' });
	view.dataset.uid = uid;
	$('views').append(view);
	engine.setupRemoteVideoCanvas(uid, { view });
});
engine.on('onUserVideoStart', (uid) => engine.subscribeRemoteVideoStream(uid, STREAM_TYPE.HIGH, true));
engine.on('onUserLeft', (uid) => viewOf(uid)?.remove());

if (engine.initialize({ app_key: query.get('app_key') ?? 'loquat', log_dir_path: '', log_level: 3, log_file_max_size_KBytes: 0 }) !== 0)
	say('the engine does not start');

// 3: our own view, before we join.
engine.setupLocalVideoCanvas({ view: $('localView'), scaling_mode: 0 });
$('preview').addEventListener('click', () => {
	const code = previewing ? engine.stopVideoPreview() : engine.startVideoPreview();
	if (code !== 0)
		return say(`no preview: ${code}`);
	previewing = !previewing;
	$('preview').textContent = previewing ? 'Stop the preview' : 'Preview';
});

// 4: join.
$('form').addEventListener('submit', (e) => {
	e.preventDefault();
	if (previewing)
		$('preview').click();
	const code = engine.joinChannel(query.get('token'), $('channel').value, Number($('uid').value));
	if (code !== 0)
		say(`not joined: ${code}`);
});

// 7, 8: leave, and release.
$('leave').addEventListener('click', () => engine.leaveChannel());
addEventListener('pagehide', () => engine.release());

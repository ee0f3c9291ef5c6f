// The page that tries <loquat-call>, in the order of the published flow: bind events, log in, call.
import './call.js';

const $ = (id) => document.getElementById(id);
const call = $('call');
const query = new URLSearchParams(location.search);
const statusTexts = {
	1: ['completed', 'completed'], 2: ['cancelled', 'the other cancelled'], 3: ['the other rejected', 'rejected'], 4: ['not answered', 'not answered'],
	5: ['the other is busy', 'not answered'],
};

const say = (text) => { $('status').textContent = text; };

function bindEvents() {
	const E = call.EVENT;
	call.on(E.INVITED, (data) => say(`${data.invitor} calls`));
	call.setCallTimeout(30000);
	call.on(E.USER_ACCEPT, ({ userId }) => say(`${userId} accepted`));
	call.on(E.USER_REJECT, ({ userId }) => say(`${userId} rejected`));
	call.on(E.USER_BUSY, ({ userId }) => say(`${userId} is busy`));
	call.on(E.CALLING_TIMEOUT, () => say('nobody answered'));
	call.on(E.USER_CANCEL, () => say('cancelled'));
	call.on(E.CALL_END, ({ duration }) => say(`the call has ended after ${duration} s`));
	call.on(E.DISCONNECT, ({ reason }) => say(reason));
	call.on(E.OTHER_CLIENT_ACCEPT, () => say('accepted on another device'));
	call.on(E.OTHER_CLIENT_REJECT, () => say('rejected on another device'));
	call.on(E.CALL_TYPE_CHANGE, ({ state, type }) => {
		if (state === 'asked')
			call.replyCallType({ agree: confirm(type === 2 ? 'Turn on the picture?' : 'Go on with sound alone?') });
	});
	call.on(E.MESSAGE_SENT, ({ data }) => say(statusTexts[data.status][data.to === call.config.account ? 1 : 0]));
}

async function login() {
	call.config = { account: $('account').value, imToken: query.get('token') ?? '' };
	await call.login();
	say(`logged in as ${call.config.account}`);
	$('audio').disabled = $('video').disabled = false;
}

const start = (type) => call.call({ userId: $('callee').value, type, attachment: { from: 'call.html' }, fail: (e) => say(e.message) });

$('form').addEventListener('submit', (e) => {
	e.preventDefault();
	login().catch((error) => say(error.message));
});
$('video').addEventListener('click', () => start(2));
$('audio').addEventListener('click', () => start(1));
addEventListener('pagehide', () => call.logout());

$('account').value = query.get('account') ?? '';
$('callee').value = query.get('callee') ?? '';
bindEvents();
if ($('account').value)
	login().catch((error) => say(error.message));

// The page that tries cloudroom.js, in the order of the published flow: init, log in, make a room, enter it, open microphone and camera, watch others, exit, log out, uninit.
import * as CR from './cloudroom.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const say = (text) => { $('status').textContent = text; };
const views = new Map(); // by member

function watch(UID) {
	const view = CR.CRVideo_CreatVideoObj();
	$('views').append(view.handler());
	view.setVideo(UID);
	views.set(UID, view);
}

function unwatch(UID) {
	views.get(UID)?.destroy();
	views.delete(UID);
}

// 2: login.
CR.CRVideo_LoginSuccess.callback = () => {
	const id = Number($('meeting').value);
	if (id)
		CR.CRVideo_EnterMeeting3(id);
	else
		CR.CRVideo_CreateMeeting();
};
CR.CRVideo_LoginFail.callback = (sdkErr) => say(`not logged in: ${sdkErr}`);
CR.CRVideo_LineOff.callback = (sdkErr) => over(`the login is lost: ${sdkErr}`);

// 3: make a room.
CR.CRVideo_CreateMeetingSuccess.callback = ({ ID }) => {
	$('meeting').value = ID;
	CR.CRVideo_EnterMeeting3(ID);
};
CR.CRVideo_CreateMeetingFail.callback = (sdkErr) => say(`no meeting was made: ${sdkErr}`);

// 4, 5, 6: enter, open microphone and camera, watch.
CR.CRVideo_EnterMeetingRslt.callback = (sdkErr) => {
	if (sdkErr !== 0)
		return say(`not entered: ${sdkErr}`);
	say(`in meeting ${$('meeting').value}`);
	$('enter').disabled = true;
	$('exit').disabled = false;
	CR.CRVideo_OpenMic($('user').value);
	CR.CRVideo_OpenVideo($('user').value);
	for (const { userID } of CR.CRVideo_GetAllMembers())
		watch(userID);
};
CR.CRVideo_UserEnterMeeting.callback = watch;
CR.CRVideo_UserLeftMeeting.callback = unwatch;
CR.CRVideo_MeetingDropped.callback = () => over('lost from the meeting: enter again');
CR.CRVideo_MeetingStopped.callback = () => over('the meeting has ended');

function over(text) {
	for (const UID of [...views.keys()])
		unwatch(UID);
	$('enter').disabled = false;
	$('exit').disabled = true;
	say(text);
}

$('form').addEventListener('submit', (e) => {
	e.preventDefault();
	CR.CRVideo_Logout();
	CR.CRVideo_Login(query.get('app') ?? 'loquat', query.get('secret_md5') ?? '', $('user').value, $('user').value);
});

// 7: exit. 8, 9: log out, uninit.
$('exit').addEventListener('click', () => {
	CR.CRVideo_ExitMeeting();
	over('you have left');
});
addEventListener('pagehide', () => CR.CRVideo_Uninit());

// 1: init.
await CR.CRVideo_Init({});
if (query.has('server'))
	CR.CRVideo_SetServerAddr(query.get('server'));

# The browser client, and the page that loquatd serves at /.
dist_web_DATA += %D%/call-page.js %D%/call.html %D%/call.js %D%/encodings.js %D%/icon.svg %D%/index.html %D%/link.js %D%/loquat.js %D%/members.js %D%/page.js %D%/profile.js %D%/receiving.js %D%/sending.js %D%/session.js %D%/sound.js %D%/stage.js %D%/style.css
dist_web_DATA += %D%/nertc-page.js %D%/nertc.html %D%/nertc.js
dist_web_DATA += %D%/cloudroom-page.js %D%/cloudroom.html %D%/cloudroom.js

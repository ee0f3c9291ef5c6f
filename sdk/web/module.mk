# The browser client, and the page that loquatd serves at /.
dist_web_DATA += %D%/icon.svg %D%/index.html %D%/loquat.js %D%/page.js %D%/style.css

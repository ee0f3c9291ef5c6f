# Browsers against what we build. Skipped (77) where Chromium or node_modules (npm ci in this folder) is missing.
TESTS += %D%/two-browsers %D%/encoded-capture
dist_check_SCRIPTS += %D%/two-browsers %D%/encoded-capture
EXTRA_DIST += %D%/browser.js %D%/package.json %D%/package-lock.json

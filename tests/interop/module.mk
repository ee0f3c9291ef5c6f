# Browsers against what we build. Skipped (77) where Chromium or node_modules (npm ci in this folder) is missing.
INTEROP = %D%/two-browsers %D%/native-and-browser %D%/encoded-capture %D%/web-call %D%/web-sound
INTEROP += %D%/web-cuts %D%/web-layers %D%/web-e1 %D%/web-r1 %D%/web-profile %D%/web-stage
if HAVE_NODE
TESTS += $(INTEROP)
endif
dist_check_SCRIPTS += $(INTEROP)
EXTRA_DIST += %D%/browser.js %D%/package.json %D%/package-lock.json

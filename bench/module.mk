# Figures, not tests: `make bench`.
BENCHES += bench/call.js bench/startup.js
EXTRA_DIST += %D%/call.js %D%/startup.js

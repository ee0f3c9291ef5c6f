# Figures, not tests: `make bench`.
BENCHES += bench/call.js
EXTRA_DIST += %D%/call.js

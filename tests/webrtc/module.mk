# tests/webrtc

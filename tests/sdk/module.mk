# tests/sdk

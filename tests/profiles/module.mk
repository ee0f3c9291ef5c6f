# tests/profiles

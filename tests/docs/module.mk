# tests/docs

//! Calls that block, run on threads that may.

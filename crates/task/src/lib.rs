//! A task is a future given a home, a state and a queue to come back to.

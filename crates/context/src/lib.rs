//! Which task this thread is polling, and why it will wait.

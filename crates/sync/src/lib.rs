//! Locks and queues for tasks: fair, cancellable, ignorant of any executor.

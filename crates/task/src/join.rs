//! The futures that wait for a task's end and learn how it ended.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::JoinError;
use crate::handle::Task;

/// The future of [`Task::join`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Join<T> {
    pub(crate) task: Task<T>,
}

impl<T> Future for Join<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().task.poll_join(cx)
    }
}

/// The future of [`Task::join_mut`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct JoinMut<'a, T> {
    pub(crate) task: &'a mut Task<T>,
}

impl<T> Future for JoinMut<'_, T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().task.poll_join(cx)
    }
}

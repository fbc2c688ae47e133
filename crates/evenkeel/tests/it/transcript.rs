//! What a program said, in order, from all its tasks; guards that say when they are dropped, and futures
//! that count.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// Clones write to the same one.
#[derive(Clone, Default)]
pub(crate) struct Transcript {
    words: Arc<Mutex<Vec<String>>>,
}

impl Transcript {
    pub(crate) fn new() -> Transcript {
        Transcript::default()
    }

    pub(crate) fn say(&self, word: impl ToString) {
        self.words.lock().unwrap().push(word.to_string());
    }

    /// All of it, with a space between two words.
    pub(crate) fn said(&self) -> String {
        self.words.lock().unwrap().join(" ")
    }

    /// The same without its order: for programs in which several are equally right.
    pub(crate) fn sorted(&self) -> String {
        let mut words = self.words.lock().unwrap().clone();
        words.sort();
        words.join(" ")
    }

    /// Says `word` when it is dropped: what `finally` does in the cases' originals.
    pub(crate) fn guard(&self, word: &'static str) -> Guard {
        Guard { transcript: self.clone(), word }
    }
}

#[must_use]
pub(crate) struct Guard {
    transcript: Transcript,
    word: &'static str,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.transcript.say(self.word);
    }
}

/// Panics when it is dropped: a clean-up that fails.
pub(crate) struct Grenade(pub(crate) &'static str);

impl Drop for Grenade {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(self.0);
        }
    }
}

/// How often something was done, seen from all tasks.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn one(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// `future`, each of its polls counted here.
    pub(crate) fn polls_of<F: Future>(&self, future: F) -> Counted<F> {
        Counted { count: self.clone(), future: Box::pin(future) }
    }
}

pub(crate) struct Counted<F> {
    count: Count,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.count.one();
        self.future.as_mut().poll(cx)
    }
}

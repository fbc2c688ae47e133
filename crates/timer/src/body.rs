//! A bounded future and what it owns: polled, finished or cut short, and seen to its end.
//!
//! What runs within registers its clean-ups here, and what is dropped within leaves here what has
//! not ended yet. It is *over*, and its outcome told, only when all of that is done.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{Owned, collect_endings, ending};
use pin_project_lite::pin_project;

use crate::bounds::shielded;

pin_project! {
    /// ```text
    ///             1 poll_future           2 keep
    ///   Running ────────────────► Over ──────────► Finished
    ///      │                       ▲                  │
    ///      │ 3 cut                 │ 4 poll_end       │
    ///      └─────────────► Cut ────┴──────────────────┘
    /// ```
    pub(crate) struct Body<F: Future> {
        #[pin]
        stage: Stage<F>,
        // After the future: what that leaves when it is dropped is not lost.
        owned: Owned,
    }
}

pin_project! {
    #[project = StageProjection]
    #[project_replace = StageTaken]
    enum Stage<F: Future> {
        Running { #[pin] future: F },
        // The value is there; what the future owned is not done.
        Finished { value: F::Output },
        // The future is gone, and what it owned may not be.
        Cut,
        // The outcome was told, or is about to be.
        Over { cut: bool },
    }
}

impl<F: Future> Body<F> {
    pub(crate) fn new(future: F) -> Body<F> {
        Body { stage: Stage::Running { future }, owned: Owned::new() }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// Whether it was cut short, ever.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.stage, Stage::Cut | Stage::Over { cut: true })
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over { .. })
    }

    /// For `Debug`.
    pub(crate) fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Running { .. } => "running",
            Stage::Finished { .. } | Stage::Cut => "ending",
            Stage::Over { .. } => "over",
        }
    }

    /// Polls the future, which is gone when this is ready. The value is to be handed out at once if
    /// nothing is [owned](Body::owns_nothing), and kept otherwise.
    pub(crate) fn poll_future(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut stage = this.stage;
        this.owned.enter(|| {
            let StageProjection::Running { future } = stage.as_mut().project() else {
                unreachable!("only a future that runs is polled");
            };
            let value = ready!(future.poll(cx));
            stage.set(Stage::Over { cut: false });
            Poll::Ready(value)
        })
    }

    pub(crate) fn owns_nothing(&self) -> bool {
        self.owned.is_empty()
    }

    /// Keeps the value until `poll_end`.
    pub(crate) fn keep(self: Pin<&mut Self>, value: F::Output) {
        self.project().stage.set(Stage::Finished { value });
    }

    /// Drops the future. What it leaves is collected, not only owned: then the handle of somebody
    /// else's task leaves the end of it, too.
    pub(crate) fn cut(self: Pin<&mut Self>) {
        let this = self.project();
        let mut stage = this.stage;
        let ((), endings) = collect_endings(|| this.owned.enter(|| stage.set(Stage::Cut)));
        if !endings.is_empty() {
            this.owned.leave(ending(endings));
        }
    }

    /// Drives what is owned; then says how it went: the value, or `None` if it was cut short.
    ///
    /// # Panics
    ///
    /// If it is running, or over.
    pub(crate) fn poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        assert!(!self.is_over(), "a bounded future was polled after it was ready");
        let this = self.project();
        if !this.owned.is_empty() {
            ready!(shielded(|| this.owned.poll_done(cx)));
        }
        let mut stage = this.stage;
        let cut = matches!(*stage, Stage::Cut);
        match stage.as_mut().project_replace(Stage::Over { cut }) {
            StageTaken::Finished { value } => Poll::Ready(Some(value)),
            StageTaken::Cut => Poll::Ready(None),
            _ => unreachable!("a future that runs has not ended"),
        }
    }
}

//! A getter that stays: under a stream, whose place in line outlives a poll.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};

use crate::book::{Count, NOTHING, News};
use crate::order::Order;
use crate::stock::{Getter, Stock};

/// One allocation, made when it has to wait for the first time and used again for each wait.
pub(crate) struct Feed<O: Order>(Option<Pin<Box<Stayer<O>>>>);

type Stayer<O> = Getter<Arc<Stock<O>>, O>;

impl<O: Order> Feed<O> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The next item of `stock`, always the same one; `None` if none will come any more.
    ///
    /// Who has the item has to tell the news.
    pub(crate) fn poll_next(
        &mut self,
        stock: &Arc<Stock<O>>,
        cx: &mut Context<'_>,
        count: Count,
    ) -> Poll<(Option<O::Item>, News)> {
        ready!(poll_budget(cx));
        if self.0.is_none() {
            if let Some(taken) = stock.try_get(count) {
                spend();
                return Poll::Ready(taken);
            }
        }
        let getter = self.0.get_or_insert_with(|| Box::pin(Stayer::new(stock.clone(), NOTHING)));
        let (stock, item, news) = ready!(Stock::poll_get(getter.as_mut(), cx, count));
        getter.set(Stayer::new(stock, NOTHING));
        Poll::Ready((item, news))
    }

    /// Leaves the line; what was promised goes to the next in it.
    #[inline]
    pub(crate) fn leave(&mut self) {
        if self.0.is_some() {
            self.leave_line();
        }
    }

    #[cold]
    fn leave_line(&mut self) {
        self.0 = None;
    }
}

//! A pool thread: take a job, run it, come back; rest when there is none; leave when rested enough.
//!
//! It promises to outlive every job that panics. What to do next is decided by `queue.rs`.

use std::sync::Arc;

use crate::{
    crew::{Crew, quietly},
    orders::{News, Next, Rest},
    queue::{LOOK, Run},
};

/// The life of the thread that sits in `seat`.
pub(crate) fn work<J: Run>(crew: &Arc<Crew<J>>, seat: usize, sitting: u64) {
    (crew.settle_in)();
    let mut queue = crew.lock();
    if !queue.seats.arrive(seat, sitting) {
        return;
    }
    let signal = queue.seats.signal(seat);
    let mut news = News::Started;
    loop {
        match queue.next(seat, news) {
            Next::Run(job, errands) => {
                drop(queue);
                // First, for the job may take for ever.
                errands.into_iter().for_each(|errand| crew.perform(errand));
                quietly(|| job.run());
                queue = crew.lock();
                news = News::Done;
                if let Some(callback) = queue.done(seat) {
                    drop(queue);
                    quietly(|| callback());
                    queue = crew.lock();
                }
            }
            Next::Park(rest) => {
                let limit = match rest {
                    Rest::Idle => crew.keep_alive,
                    Rest::Look => LOOK,
                };
                news = loop {
                    let over;
                    (queue, over) = crew.park(&signal, queue, limit);
                    if queue.seats.is_called(seat) {
                        break News::Called;
                    }
                    if over {
                        break News::Over(rest);
                    }
                };
            }
            Next::Leave => break,
        }
    }
    crew.leave(queue, seat);
}

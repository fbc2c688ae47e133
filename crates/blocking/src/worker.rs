//! A pool thread: take a job, run it, come back; rest when there is none; leave when rested enough.
//!
//! It promises to outlive every job that panics. What to do next is decided by `queue.rs`.

use std::{rc::Rc, sync::Arc};

use crate::{
    crew::{Crew, quietly},
    loom::Sleeper,
    orders::{News, Next, Rest},
    queue::{LOOK, Run},
};

/// The life of the thread that sits in `seat`.
pub(crate) fn work<J: Run>(crew: &Arc<Crew<J>>, seat: usize, sitting: u64) {
    (crew.settle_in)();
    let sleeper = Sleeper::here();
    let mut queue = crew.lock();
    if !queue.seats.arrive(seat, sitting, sleeper.clone()) {
        return;
    }
    let tell = tell(crew, seat);
    let mut news = News::Started;
    loop {
        match queue.next(seat, news) {
            Next::Run { job, errands, is_last } => {
                drop(queue);
                // First, for the job may take for ever.
                errands.into_iter().for_each(|errand| crew.perform(errand));
                // With others waiting it will come to those, and need not be found.
                quietly(|| job.run(is_last.then_some(&tell)));
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
                    drop(queue);
                    // Who calls leaves the call first and unparks then, both after what we have just let go of.
                    let over = sleeper.park(limit);
                    queue = crew.lock();
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

/// What the jobs of the thread in `seat` tell while they come to their ends.
fn tell<J: Run>(crew: &Arc<Crew<J>>, seat: usize) -> Rc<dyn Fn(bool)> {
    let crew = Arc::clone(crew);
    Rc::new(move |ends| {
        if ends {
            crew.lock().ends(seat);
        } else {
            let errand = crew.lock().lingers(seat);
            crew.perform(errand);
        }
    })
}

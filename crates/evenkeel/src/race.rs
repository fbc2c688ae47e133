//! The first of several, with time: `race_staggered`, and the macros `race!`, `gather!`, `try_gather!`.

use std::future::IntoFuture;
use std::time::Duration;

use evenkeel_task::Raced;
use evenkeel_timer::sleep;

/// Starts the next attempt when the one started last has failed, or after `delay`, whichever is first,
/// until one succeeds: "happy eyeballs", asyncio's `staggered_race`.
///
/// The others are dropped then, which cancels those that are tasks, and those have ended before the
/// winner is told, with the place of its attempt. With `Duration::MAX` the next attempt waits for a
/// failure.
///
/// ```
/// use evenkeel::{Raced, race_staggered, sleep};
/// use std::time::Duration;
///
/// async fn ask(ms: u64) -> Result<u64, String> {
///     sleep(Duration::from_millis(ms)).await;
///     Ok(ms)
/// }
/// let won = evenkeel::run(race_staggered([500, 5].map(ask), Duration::from_millis(10)));
/// assert_eq!(won, Ok(Raced { index: 1, value: 5 }));
/// ```
///
/// # Errors
/// All errors, in the order of the attempts, when every attempt has failed; none if there was no attempt.
///
/// # Cancellation
/// Data may be lost: dropping it drops the attempts that run, and the winner's value while the losers
/// end.
#[doc(alias = "staggered_race")]
#[doc(alias = "happy_eyeballs")]
pub async fn race_staggered<T, E, I>(attempts: I, delay: Duration) -> Result<Raced<T>, Vec<E>>
where
    I: IntoIterator<Item: IntoFuture<Output = Result<T, E>>>,
{
    evenkeel_task::race_staggered(attempts, move || sleep(delay)).await
}

/// Waits until the first of several futures is ready, and goes on in its arm.
///
/// ```
/// use evenkeel::{oneshot, race, sleep};
/// use std::time::Duration;
///
/// # evenkeel::run(async {
/// let (sender, receiver) = oneshot();
/// evenkeel::call_soon(move || sender.send(7).unwrap());
/// let said = race! {
///     Ok(number) = receiver => format!("got {number}"),
///     () = sleep(Duration::from_secs(60)) => "nothing for a minute".to_owned(),
///     else => "nobody will ever say".to_owned(),
/// };
/// assert_eq!(said, "got 7");
/// # });
/// ```
///
/// - A branch is `pattern = future => expression,`. The futures may be of any types; each is polled in
///   the caller's task, in the order in which they are written, so of several that are ready the first
///   wins, every time. Write first what must not be starved.
/// - The race owns its futures. When one is ready, the others are dropped, which cancels those that are
///   tasks, **and have ended**, guards and clean-ups included, before the arm begins. The arm borrows none
///   of them; it may use `?`, `break` and `.await`.
/// - Branches behind the winner are not polled any more, so they produce no value that nobody sees. One
///   value can be lost: that of a [`Task`](crate::Task) given by value, which had ended by itself while
///   another branch won. Write `&mut task` to keep it: the task goes on, or keeps its value. So with
///   everything that is to go on in the next round of a loop: make it before, and race `&mut` of it.
/// - `pattern = future, if condition => expression` takes part only if the condition holds; otherwise the
///   future is not even made.
/// - A value that does not fit its pattern is dropped, its branch is over, and the others go on.
/// - `else => expression`, last, is for when no branch is left. Without it that is a panic.
///
/// [`race`](crate::race()) is the function for futures of one type, also if there are many of them;
/// [`wait`](crate::wait()) gives back tasks that have not ended.
///
/// # Cancellation
/// Data may be lost: dropping it drops all its futures, and the winner's value while the losers end.
///
/// # Panics
/// If no branch is left and there is no `else`.
#[doc(alias = "select")]
#[macro_export]
macro_rules! race {
    () => {
        ::core::compile_error!("race! needs a branch: `pattern = future => expression,`")
    };
    ($($branches:tt)+) => {
        $crate::__race!(@branch [] $($branches)+)
    };
}

/// The outputs of up to twelve futures, in argument order: [`gather`](crate::gather())`((a, b, c))`.
///
/// ```
/// # evenkeel::run(async {
/// let (number, word) = evenkeel::gather!(async { 1 }, async { "two" }).await;
/// assert_eq!((number, word), (1, "two"));
/// # });
/// ```
#[doc(alias = "join")]
#[macro_export]
macro_rules! gather {
    ($($future:expr),+ $(,)?) => {
        $crate::gather(($($future,)+))
    };
}

/// The values of up to twelve futures, or the first error:
/// [`try_gather`](crate::try_gather())`((a, b, c))`.
///
/// ```
/// # evenkeel::run(async {
/// let sum = async { Ok::<_, String>(1) };
/// let both = evenkeel::try_gather!(sum, async { Err::<i32, _>("no".to_owned()) }).await;
/// assert_eq!(both, Err("no".to_owned()));
/// # });
/// ```
#[doc(alias = "try_join")]
#[macro_export]
macro_rules! try_gather {
    ($($future:expr),+ $(,)?) => {
        $crate::try_gather(($($future,)+))
    };
}

/// First the branches are sorted out, one by one; then the race is written down.
///
/// `branch` and `out` are written anew at each step, so to the compiler they are other names each time.
#[doc(hidden)]
#[macro_export]
macro_rules! __race {
    // Where it ends.
    (@branch [$($done:tt)*] else => $otherwise:expr $(,)?) => {
        $crate::__race!(@write [$($done)*] $otherwise)
    };
    (@branch [$($done:tt)*]) => {
        $crate::__race!(@write [$($done)*] $crate::__race::no_branch_is_left())
    };
    (@branch [$($done:tt)*] else $($rest:tt)*) => {
        ::core::compile_error!("race! wants `else => expression` once, behind all branches")
    };
    // The head of a branch.
    (@branch [$($done:tt)*] $pattern:pat = $future:expr, if $condition:expr => $($rest:tt)*) => {
        $crate::__race!(@arm [$($done)*] ($pattern)
            (if $condition {
                ::core::option::Option::Some($future)
            } else {
                ::core::option::Option::None
            })
            $($rest)*)
    };
    (@branch [$($done:tt)*] $pattern:pat = $future:expr => $($rest:tt)*) => {
        $crate::__race!(@arm [$($done)*] ($pattern) (::core::option::Option::Some($future)) $($rest)*)
    };
    (@branch [$($done:tt)*] $($wrong:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "race! wants branches `pattern = future => expression,` or `pattern = future, if \
             condition => expression,`, and `else => expression` last; it found `",
            ::core::stringify!($($wrong)*),
            "`"
        ))
    };
    // Its arm.
    (@arm [$($done:tt)*] $pattern:tt $on:tt $arm:block, $($rest:tt)*) => {
        $crate::__race!(@branch [$($done)* (branch out $pattern $on ($arm))] $($rest)*)
    };
    (@arm [$($done:tt)*] $pattern:tt $on:tt $arm:block $($rest:tt)*) => {
        $crate::__race!(@branch [$($done)* (branch out $pattern $on ($arm))] $($rest)*)
    };
    (@arm [$($done:tt)*] $pattern:tt $on:tt $arm:expr, $($rest:tt)*) => {
        $crate::__race!(@branch [$($done)* (branch out $pattern $on ($arm))] $($rest)*)
    };
    (@arm [$($done:tt)*] $pattern:tt $on:tt $arm:expr) => {
        $crate::__race!(@branch [$($done)* (branch out $pattern $on ($arm))])
    };
    // The race.
    (@write [] $otherwise:expr) => {
        ::core::compile_error!("race! needs a branch before `else`: `pattern = future => expression,`")
    };
    (@write [$(($branch:ident $out:ident ($pattern:pat) ($on:expr) ($arm:expr)))+]
        $otherwise:expr) => {{
        $(let mut $out = ::core::option::Option::None;)+
        {
            $(let mut $branch = ::core::pin::pin!($crate::__race::Branch::new($on));)+
            ::core::future::poll_fn(|cx| {
                let mut one_waits = false;
                $(match $branch.as_mut().poll(cx) {
                    ::core::option::Option::Some(::core::task::Poll::Ready(value)) => {
                        // Looked at in a guard, which moves nothing: the arm is elsewhere.
                        let mut fits = false;
                        #[allow(unused_variables, unused_mut, unreachable_patterns)]
                        match value {
                            $pattern if {
                                fits = true;
                                false
                            } => ::core::unreachable!(),
                            _ => {}
                        }
                        if fits {
                            $out = ::core::option::Option::Some(value);
                            return ::core::task::Poll::Ready(());
                        }
                        $branch.as_mut().end();
                    }
                    ::core::option::Option::Some(::core::task::Poll::Pending) => one_waits = true,
                    ::core::option::Option::None => {}
                })+
                if one_waits {
                    ::core::task::Poll::Pending
                } else {
                    ::core::task::Poll::Ready(())
                }
            })
            .await;
            let ((), endings) = $crate::__race::collect_endings(|| {
                $($branch.as_mut().end();)+
            });
            endings.await;
        }
        $(if let ::core::option::Option::Some(value) = $out {
            #[allow(unreachable_patterns)]
            match value {
                $pattern => $arm,
                _ => ::core::unreachable!(),
            }
        } else)+ {
            $otherwise
        }
    }};
}

/// What `race!` is written with.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "for the macro alone")]
pub mod __race {
    use std::future::{Future, IntoFuture};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    pub use evenkeel_context::collect_endings;
    use pin_project_lite::pin_project;

    pin_project! {
        #[project = BranchProjection]
        pub enum Branch<F> {
            On { #[pin] future: F },
            Over,
        }
    }

    impl<F: Future> Branch<F> {
        pub fn new<I: IntoFuture<IntoFuture = F>>(future: Option<I>) -> Branch<F> {
            future.map_or(Branch::Over, |future| Branch::On { future: future.into_future() })
        }

        /// `None`: it is over, or took no part.
        pub fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
            match self.project() {
                BranchProjection::On { future } => Some(future.poll(cx)),
                BranchProjection::Over => None,
            }
        }
    }

    impl<F> Branch<F> {
        pub fn end(mut self: Pin<&mut Self>) {
            self.set(Branch::Over);
        }
    }

    #[track_caller]
    pub fn no_branch_is_left() -> ! {
        panic!(
            "race! has no branch left: none took part, or no value fitted; give it an `else` arm"
        )
    }
}

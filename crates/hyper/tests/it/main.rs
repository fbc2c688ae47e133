//! hyper on evenkeel: servers and clients over real sockets, each in one process.

mod bad_input;
mod cancel;
mod cancel_list;
mod client;
#[cfg(target_os = "linux")]
mod deaf;
mod departed;
mod frames;
mod protocols;
mod limits;
mod seams;
mod shutdown;
mod support;
#[cfg(feature = "tower")]
mod tower;

//! What the examples of this package have in common: a client's way to read an answer, and a check.

use std::error::Error;

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Incoming};

/// What these examples end with.
pub type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// The body of a response, as text.
///
/// # Errors
///
/// If it breaks off, or is no text.
pub async fn text(response: Response<Incoming>) -> Result<String, Box<dyn Error + Send + Sync>> {
    let body = response.into_body();
    assert!(!body.is_end_stream() || body.size_hint().exact() == Some(0));
    Ok(String::from_utf8(body.collect().await?.to_bytes().to_vec())?)
}

/// The threads of this process, by name: to show which runtimes there are.
#[must_use]
pub fn threads() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let names = tasks.flatten().map(|task| std::fs::read_to_string(task.path().join("comm")));
    let mut names: Vec<_> = names.flatten().map(|name| name.trim().to_owned()).collect();
    names.sort();
    names
}

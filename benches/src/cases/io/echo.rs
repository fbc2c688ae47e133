//! An echo server, and a client in a process of its own.
//!
//! Client and server share the cores, so the wall tells little: what counts is the processor time
//! of this process, the server's.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use crate::cases::Work;
use crate::client::{self, CONNECTIONS, SIZE};
use crate::measure::{Cost, Length, Start};
use crate::rt::Net;

/// Serves until the client has gone.
pub(in crate::cases) async fn serve<R: Net>(work: Work) -> io::Result<Cost> {
    let length = work.length;
    let (listener, address) = R::listen().await?;
    let echoed = Arc::new(AtomicU64::new(0));
    let (tell, told) = mpsc::channel();
    let watcher = std::thread::spawn({
        let echoed = echoed.clone();
        move || tell.send(load(address, length, &echoed))
    });
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let stream = R::accept(&listener).await?;
        connections.push(R::spawn(echo::<R>(stream, echoed.clone())));
    }
    for connection in connections {
        connection.await?;
    }
    // The client has gone, so the thread that watched it is done as well.
    let _ = watcher.join();
    told.recv().map_err(io::Error::other)?
}

async fn echo<R: Net>(mut stream: R::Stream, echoed: Arc<AtomicU64>) -> io::Result<()> {
    let mut buffer = [0; SIZE];
    loop {
        let count = R::read(&mut stream, &mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        R::write_all(&mut stream, &buffer[..count]).await?;
        echoed.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// Starts the client, lets it go when it is warm, and reads the clocks around its work.
fn load(address: SocketAddr, length: Length, echoed: &AtomicU64) -> io::Result<Cost> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["client", &address.to_string()])
        .args(match length {
            Length::Time(time) => Some(time.as_secs_f64().to_string()),
            Length::Once | Length::Pieces(_) => None,
        })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let cost = talk(&mut child, echoed);
    drop(child.stdin.take());
    let status = child.wait()?;
    if !status.success() {
        return Err(io::Error::other(format!("the client failed: {status}")));
    }
    cost
}

fn talk(child: &mut Child, echoed: &AtomicU64) -> io::Result<Cost> {
    let missing = || io::Error::other("the client has no pipes");
    let mut answers = BufReader::new(child.stdout.take().ok_or_else(missing)?).lines();
    let mut answer = || answers.next().unwrap_or_else(|| Err(io::Error::other("no answer")));
    if answer()? != client::READY {
        return Err(io::Error::other("the client is not ready"));
    }
    let before = echoed.load(Ordering::Relaxed);
    let start = Start::now();
    child.stdin.as_mut().ok_or_else(missing)?.write_all(b"\n")?;
    let requests = answer()?.parse().map_err(io::Error::other)?;
    let cost = start.cost(requests);
    // The last answer may be on its way through this process's own count, a moment later.
    let bytes = echoed.load(Ordering::Relaxed) - before;
    let late = (CONNECTIONS * SIZE) as u64;
    assert!(bytes + late >= requests * SIZE as u64, "{bytes} bytes for {requests} requests");
    Ok(cost)
}

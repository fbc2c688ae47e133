//! Connections that are kept for the next request, per host.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use evenkeel::{Event, create_task, now, sleep};
use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};

use super::error::ClientError;
use super::sender::Sender;
use crate::loom::{Mutex, lock};

/// What connections are the same for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    scheme: Scheme,
    authority: Authority,
}

impl Key {
    pub(super) fn of(uri: &Uri) -> Result<Key, ClientError> {
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) if !authority.host().is_empty() => {
                Ok(Key { scheme: scheme.clone(), authority: authority.clone() })
            }
            _ => Err(ClientError::Uri("a request's URI must be whole: http://host/path")),
        }
    }

    /// Host and port, without a name or password before it.
    pub(super) fn host(&self) -> &str {
        self.authority.as_str().rsplit('@').next().unwrap_or_default()
    }
}

/// Kept connections; a clone has the same.
pub(super) struct Pool<B> {
    shared: Arc<Shared<B>>,
}

struct Shared<B> {
    kept: Mutex<Kept<B>>,
    idle: Duration,
    per_host: usize,
}

struct Kept<B> {
    hosts: HashMap<Key, Vec<Entry<B>>>,
    /// Set when the attempt at a shared connection is over.
    connecting: HashMap<Key, Arc<Event>>,
    /// A task looks after those that nobody uses.
    is_swept: bool,
}

struct Entry<B> {
    sender: Sender<B>,
    since: Instant,
}

impl<B: Send + 'static> Pool<B> {
    pub(super) fn new(idle: Duration, per_host: usize) -> Pool<B> {
        let kept =
            Mutex::new(Kept { hosts: HashMap::new(), connecting: HashMap::new(), is_swept: false });
        Pool { shared: Arc::new(Shared { kept, idle, per_host }) }
    }

    /// Keeps a connection, free or about to be.
    pub(super) fn put(&self, key: Key, sender: Sender<B>) {
        if self.shared.per_host == 0 || sender.is_closed() {
            return;
        }
        let entry = Entry { sender, since: now() };
        let mut kept = lock(&self.shared.kept);
        let begin = !std::mem::replace(&mut kept.is_swept, true);
        let host = kept.hosts.entry(key).or_default();
        // The oldest goes; one connection of HTTP/2 is enough.
        let many = matches!(entry.sender, Sender::Http1(..));
        let room = if many { self.shared.per_host } else { 1 };
        let surplus = (host.len() + 1).saturating_sub(room);
        let dropped: Vec<_> = host.drain(..surplus).collect();
        host.push(entry);
        drop(kept);
        drop(dropped);
        if begin {
            create_task(sweep(Sweeping(Arc::downgrade(&self.shared)), self.shared.idle)).detach();
        }
    }

    /// One that is free. The one used last: so that those that are too many grow old.
    pub(super) fn take(&self, key: &Key) -> Option<Sender<B>> {
        let mut closed = Vec::new();
        let mut kept = lock(&self.shared.kept);
        let host = kept.hosts.get_mut(key)?;
        let mut at = host.len();
        let mut found = None;
        while at > 0 && found.is_none() {
            at -= 1;
            if host[at].sender.is_closed() {
                closed.push(host.remove(at));
            } else if host[at].sender.is_free() {
                let shared = host[at].sender.shared();
                found = Some(shared.unwrap_or_else(|| host.remove(at).sender));
            }
        }
        drop(kept);
        drop(closed);
        found
    }
}

impl<B> Pool<B> {
    /// The right to make the connection that all requests to a host will share, until it is dropped; or, if
    /// another has it, what is set then.
    pub(super) fn begin(&self, key: &Key) -> Result<Connecting<B>, Arc<Event>> {
        let mut kept = lock(&self.shared.kept);
        if let Some(theirs) = kept.connecting.get(key) {
            return Err(Arc::clone(theirs));
        }
        kept.connecting.insert(key.clone(), Arc::new(Event::new()));
        drop(kept);
        Ok(Connecting { pool: self.clone(), key: key.clone() })
    }

    /// Whether there is any for this host, free or not.
    pub(super) fn has(&self, key: &Key) -> bool {
        lock(&self.shared.kept).hosts.get(key).is_some_and(|host| !host.is_empty())
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.shared.kept).hosts.values().map(Vec::len).sum()
    }
}

impl<B> Clone for Pool<B> {
    fn clone(&self) -> Pool<B> {
        Pool { shared: Arc::clone(&self.shared) }
    }
}

/// The right to connect to a host, while the others wait.
pub(super) struct Connecting<B> {
    pool: Pool<B>,
    key: Key,
}

impl<B> Drop for Connecting<B> {
    fn drop(&mut self) {
        let over = lock(&self.pool.shared.kept).connecting.remove(&self.key);
        if let Some(over) = over {
            over.set();
        }
    }
}

/// The right to sweep, which another task may have when this one is gone.
struct Sweeping<B>(Weak<Shared<B>>);

impl<B> Drop for Sweeping<B> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            lock(&shared.kept).is_swept = false;
        }
    }
}

/// Lets go of connections that nobody used for long; ends when there are none.
async fn sweep<B: Send + 'static>(mut sweeping: Sweeping<B>, idle: Duration) {
    loop {
        // Twice in the time: so one lives half as long again at most.
        sleep((idle / 2).max(Duration::from_millis(1))).await;
        let Some(shared) = sweeping.0.upgrade() else { return };
        let mut old = Vec::new();
        let mut kept = lock(&shared.kept);
        let now = now();
        kept.hosts.retain(|_, host| {
            let is_old = |entry: &Entry<B>| {
                let unused = now.saturating_duration_since(entry.since) >= idle;
                entry.sender.is_closed() || (unused && entry.sender.is_free())
            };
            let (gone, stay): (Vec<_>, Vec<_>) = host.drain(..).partition(is_old);
            old.extend(gone);
            *host = stay;
            !host.is_empty()
        });
        if kept.hosts.is_empty() {
            // Said under the lock: who puts the next one begins anew.
            kept.is_swept = false;
            drop(kept);
            drop(old);
            sweeping.0 = Weak::new();
            return;
        }
        drop(kept);
        drop(old);
    }
}

//! A subscriber that keeps all it is told, and what was wrong with it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What is known of a span.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) meta: &'static Metadata<'static>,
    pub(crate) parent: Option<u64>,
    pub(crate) fields: HashMap<&'static str, String>,
    pub(crate) entered: usize,
    pub(crate) is_inside: bool,
    counts: usize,
}

impl Told {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.counts == 0
    }
}

#[derive(Default)]
pub(crate) struct Log {
    spans: Vec<Told>,
    inside: HashMap<ThreadId, Vec<u64>>,
    pub(crate) faults: Vec<String>,
}

impl Log {
    /// The span with that number.
    pub(crate) fn span(&self, id: u64) -> &Told {
        &self.spans[usize::try_from(id).unwrap() - 1]
    }

    fn span_mut(&mut self, id: &Id) -> &mut Told {
        &mut self.spans[usize::try_from(id.into_u64()).unwrap() - 1]
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Told> {
        self.spans.iter().filter(|told| told.meta.target() == "evenkeel::task")
    }

    fn stack(&mut self) -> &mut Vec<u64> {
        self.inside.entry(thread::current().id()).or_default()
    }
}

static LOG: OnceLock<Mutex<Log>> = OnceLock::new();

struct Seen;

/// Listens, if nobody in this process did yet; what was told.
pub(crate) fn log() -> MutexGuard<'static, Log> {
    let log = LOG.get_or_init(|| {
        tracing::subscriber::set_global_default(Seen).unwrap();
        Mutex::default()
    });
    log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The one task with that name.
pub(crate) fn task(name: &str) -> Told {
    let log = log();
    let mut named = log.tasks().filter(|told| told.field("name") == name);
    let told = named.next().unwrap_or_else(|| panic!("no task {name}")).clone();
    assert!(named.next().is_none(), "{name} twice");
    told
}

/// The span that this thread is in.
pub(crate) fn current() -> Option<u64> {
    log().stack().last().copied()
}

/// The name of the task whose span this thread is in.
pub(crate) fn here() -> String {
    current().map_or_else(String::new, |id| log().span(id).field("name").to_owned())
}

struct Fields<'a>(&'a mut HashMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Seen {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = HashMap::new();
        attributes.record(&mut Fields(&mut fields));
        assert_ne!(fields.get("name").map(String::as_str), Some("no span"), "a broken subscriber");
        let mut log = log();
        let parent = match attributes.parent() {
            Some(id) => Some(id.into_u64()),
            None if attributes.is_contextual() => log.stack().last().copied(),
            None => None,
        };
        let meta = attributes.metadata();
        log.spans.push(Told { meta, parent, fields, entered: 0, is_inside: false, counts: 1 });
        Id::from_u64(log.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut log().span_mut(span).fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        let mut log = log();
        let told = log.span_mut(span);
        assert_ne!(told.field("name"), "never entered", "a broken subscriber");
        let wrong = told.is_inside || told.is_closed();
        told.is_inside = true;
        told.entered += 1;
        log.stack().push(span.into_u64());
        if wrong {
            log.faults.push(format!("{span:?} entered twice, or after its end"));
        }
    }

    fn exit(&self, span: &Id) {
        let mut log = log();
        if log.span(span.into_u64()).field("name") == "never left" {
            log.span_mut(span).is_inside = false;
            log.stack().pop();
            panic!("a broken subscriber");
        }
        log.span_mut(span).is_inside = false;
        let left = log.stack().pop();
        if left != Some(span.into_u64()) {
            log.faults.push(format!("{span:?} left, where {left:?} was entered last"));
        }
    }

    fn clone_span(&self, span: &Id) -> Id {
        log().span_mut(span).counts += 1;
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut log = log();
        let told = log.span_mut(&span);
        told.counts -= 1;
        let (closed, wrong) = (told.is_closed(), told.is_closed() && told.is_inside);
        if wrong {
            log.faults.push(format!("{span:?} closed while it was entered"));
        }
        closed
    }
}

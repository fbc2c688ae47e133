//! All errors of a group, as a tree with names: asyncio's `ExceptionGroup`.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::info;
use crate::meta::TaskId;

/// What the children of a [`TaskGroup`](crate::TaskGroup) and its body returned as errors, in the order in which they came,
/// the body's last. An inner group's errors are a branch of their own.
///
/// ```
/// use evenkeel_task::{LocalExecutor, TaskGroup, block_on};
///
/// # let executor = LocalExecutor::new();
/// # let error = block_on(executor.run(executor.spawn(async {
/// let scope = TaskGroup::scope(async |group| {
///     group.create_task(async { Err::<(), _>("no such host") });
///     Ok(())
/// });
/// let error = scope.await.unwrap_err();
/// assert_eq!(error.iter().collect::<Vec<_>>(), [&"no such host"]);
/// # error })));
/// assert!(error.to_string().starts_with("a task of the group failed:\n  Task-"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupError<E> {
    nodes: Vec<GroupNode<E>>,
}

/// One error of a group: whose it is, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNode<E> {
    /// `None`: the body's.
    from: Option<Child>,
    fault: Fault<E>,
}

/// Who failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Child {
    /// `None`: it was polled in place, and is no task.
    id: Option<TaskId>,
    name: Option<Arc<str>>,
    spawned_at: Option<&'static Location<'static>>,
}

/// An error, or those of an inner group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(hidden)]
#[allow(unnameable_types, reason = "sealed")]
pub enum Fault<E> {
    Error(E),
    Group(GroupError<E>),
}

/// What children and the body of a [`TaskGroup`](crate::TaskGroup) may return: `()`, a `Result<_, E>`, or
/// an inner group's result as it is, [`Nested`].
pub trait Outcome<E> {
    /// What a success gives.
    type Value;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Value, Fault<E>>;
}

impl<E> Outcome<E> for () {
    type Value = ();

    fn into_result(self) -> Result<(), Fault<E>> {
        Ok(())
    }
}

impl<T, E> Outcome<E> for Result<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, Fault<E>> {
        self.map_err(Fault::Error)
    }
}

/// The result of an inner group, so that its errors become a branch of the outer group's.
///
/// (`Result<T, GroupError<E>>` cannot be an outcome by itself: nothing would say what the `E` of a plain
/// `Ok(())` is.)
///
/// ```
/// use evenkeel_task::{LocalExecutor, Nested, TaskGroup, block_on};
///
/// # let executor = LocalExecutor::new();
/// # block_on(executor.run(executor.spawn(async {
/// let outer = TaskGroup::scope(async |outer| {
///     outer.create_task(async {
///         let inner = TaskGroup::scope(async |inner| {
///             inner.create_task(async { Err::<(), _>(String::from("deep")) });
///             Ok(())
///         });
///         Nested(inner.await)
///     });
///     Ok(())
/// });
/// let error = outer.await.unwrap_err();
/// assert_eq!(error.nodes()[0].group().map(|inner| inner.len()), Some(1));
/// # })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it may be an error, which nobody would hear of"]
pub struct Nested<T, E>(pub Result<T, GroupError<E>>);

impl<T, E> Outcome<E> for Nested<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, Fault<E>> {
        self.0.map_err(Fault::Group)
    }
}

impl<E> Fault<E> {
    /// As the failure of the task this thread polls.
    pub(super) fn of_current(self) -> GroupNode<E> {
        let from = info::current().map(|task| Child {
            id: Some(task.id()),
            name: Some(task.name().into()),
            spawned_at: task.spawned_at(),
        });
        GroupNode { from, fault: self }
    }

    /// As the failure of the `number`th child of a group in place.
    pub(crate) fn of_child(self, number: usize, at: &'static Location<'static>) -> GroupNode<E> {
        let name = Some(format!("child {number}").into());
        GroupNode { from: Some(Child { id: None, name, spawned_at: Some(at) }), fault: self }
    }

    pub(crate) fn of_body(self) -> GroupNode<E> {
        GroupNode { from: None, fault: self }
    }
}

impl<E> GroupError<E> {
    pub(super) fn new(nodes: Vec<GroupNode<E>>) -> GroupError<E> {
        GroupError { nodes }
    }

    /// Nothing failed: the group was [cancelled](crate::TaskGroup::cancel) before its body had a value.
    pub fn is_cancelled(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many errors there are, those of inner groups counted one by one.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no error: see [`is_cancelled`](GroupError::is_cancelled).
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The errors on this level: who failed, and with what.
    pub fn nodes(&self) -> &[GroupNode<E>] {
        &self.nodes
    }

    /// All errors, those of inner groups in their place.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all.into_iter()
    }

    fn collect<'a>(&'a self, all: &mut Vec<&'a E>) {
        for node in &self.nodes {
            node.collect(all);
        }
    }

    /// All errors, without who had them.
    pub fn into_errors(self) -> Vec<E> {
        let mut all = Vec::new();
        for node in self.nodes {
            match node.fault {
                Fault::Error(error) => all.push(error),
                Fault::Group(group) => all.extend(group.into_errors()),
            }
        }
        all
    }

    /// Parts the errors for which `matches` is true from the others, each part in the shape of the whole:
    /// what `except*` does in Python. `None` for a part without errors.
    pub fn split(
        self,
        mut matches: impl FnMut(&E) -> bool,
    ) -> (Option<GroupError<E>>, Option<GroupError<E>>) {
        self.split_by(&mut matches)
    }

    fn split_by(
        self,
        matches: &mut dyn FnMut(&E) -> bool,
    ) -> (Option<GroupError<E>>, Option<GroupError<E>>) {
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for GroupNode { from, fault } in self.nodes {
            match fault {
                Fault::Error(error) => {
                    let part = if matches(&error) { &mut yes } else { &mut no };
                    part.push(GroupNode { from, fault: Fault::Error(error) });
                }
                Fault::Group(group) => {
                    let (inner_yes, inner_no) = group.split_by(matches);
                    let node = |group| GroupNode { from: from.clone(), fault: Fault::Group(group) };
                    yes.extend(inner_yes.map(node));
                    no.extend(inner_no.map(node));
                }
            }
        }
        let part = |nodes: Vec<_>| (!nodes.is_empty()).then_some(GroupError { nodes });
        (part(yes), part(no))
    }
}

impl<E> IntoIterator for GroupError<E> {
    type Item = E;
    type IntoIter = std::vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_errors().into_iter()
    }
}

impl<E> GroupNode<E> {
    pub(super) fn is_body(&self) -> bool {
        self.from.is_none()
    }

    /// The child that failed; `None` for the body, and for a child in place, which is no task.
    pub fn task(&self) -> Option<TaskId> {
        self.from.as_ref().and_then(|child| child.id)
    }

    /// The name of the child: the one it was given, or `Task-N`, or `child N` of a group in place; `the
    /// body` for the body.
    pub fn name(&self) -> String {
        match &self.from {
            Some(child) => child.name.as_deref().unwrap_or("a task").to_owned(),
            None => "the body".to_owned(),
        }
    }

    /// Where the child was started.
    pub fn spawned_at(&self) -> Option<&'static Location<'static>> {
        self.from.as_ref().and_then(|child| child.spawned_at)
    }

    /// Its error, or all those of its inner group.
    pub(super) fn errors(&self) -> Vec<&E> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all
    }

    fn collect<'a>(&'a self, all: &mut Vec<&'a E>) {
        match &self.fault {
            Fault::Error(error) => all.push(error),
            Fault::Group(group) => group.collect(all),
        }
    }

    /// Its error, if it is one.
    pub fn error(&self) -> Option<&E> {
        match &self.fault {
            Fault::Error(error) => Some(error),
            Fault::Group(_) => None,
        }
    }

    /// The errors of the inner group it failed with, if that is how it failed.
    pub fn group(&self) -> Option<&GroupError<E>> {
        match &self.fault {
            Fault::Error(_) => None,
            Fault::Group(group) => Some(group),
        }
    }
}

impl<E: fmt::Display> GroupError<E> {
    fn draw(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self.nodes.len() {
            0 => return f.write_str("the group was cancelled"),
            1 => f.write_str("a task of the group failed:")?,
            n => write!(f, "{n} tasks of the group failed:")?,
        }
        for node in &self.nodes {
            write!(f, "\n{:1$}{2}", "", 2 * depth + 2, node.name())?;
            if let Some(at) = node.spawned_at() {
                write!(f, " ({at})")?;
            }
            f.write_str(": ")?;
            match &node.fault {
                Fault::Error(error) => error.fmt(f)?,
                Fault::Group(group) => group.draw(f, depth + 1)?,
            }
        }
        Ok(())
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.draw(f, 0)
    }
}

impl<E: std::error::Error + 'static> std::error::Error for GroupError<E> {
    /// The first error.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.iter().next().map(|error| error as _)
    }
}

//! What `gather` may be given: tuples, arrays, vectors and iterators of futures, all seen as
//! children with a number.

use std::collections::VecDeque;
use std::future::{Future, IntoFuture};
use std::iter::{Chain, FilterMap, Map, Rev, Take};
use std::pin::Pin;
use std::task::Context;
use std::vec;

use crate::rounds::Answer;
use crate::slots::Slots;

mod tuple;

/// What [`gather`](crate::gather) takes: a tuple of up to twelve futures of any types, or an array,
/// a `Vec`, a boxed slice, a `VecDeque` or an iterator with futures of one type. An item may be
/// anything that is [`IntoFuture`], a [`Task`](crate::Task) for one.
///
/// The iterators are those that `map`, `filter_map`, `chain`, `take`, `rev` and `Vec::into_iter`
/// make; for any other: `gather(iterator.collect::<Vec<_>>())`. (A rule for all would exclude
/// tuples.)
pub trait Gatherable {
    /// The outputs, in argument order: a tuple, an array or a `Vec`.
    type Output;
    #[doc(hidden)]
    type Children: Children<Output = Self::Output>;
    #[doc(hidden)]
    fn into_children(self) -> Self::Children;
}

/// What [`try_gather`](crate::try_gather) takes: what [`gather`](crate::gather) does, where every
/// output is a `Result` with one type of error.
pub trait TryGatherable:
    Gatherable<Children: TryChildren<Ok = Self::Ok, Error = Self::Error>>
{
    /// The values, in argument order: a tuple, an array or a `Vec`.
    type Ok;
    /// The error.
    type Error;
}

/// What [`race`](crate::race()) takes: what [`gather`](crate::gather) does, where every output has one
/// type.
pub trait Raceable: Gatherable<Children: RaceChildren<Item = Self::Item>> {
    /// The output.
    type Item;
}

/// Children with a number each.
#[doc(hidden)]
#[allow(unnameable_types, reason = "sealed")]
pub trait Children {
    type Output;
    fn count(&self) -> usize;
    fn poll(self: Pin<&mut Self>, index: usize, cx: &mut Context<'_>) -> Answer;
    /// All outputs, once all children are done.
    fn take(self: Pin<&mut Self>) -> Self::Output;
    /// Drops children and outputs, in order.
    fn clear(self: Pin<&mut Self>);
}

/// Children that may fail.
#[doc(hidden)]
#[allow(unnameable_types, reason = "sealed")]
pub trait TryChildren: Children {
    type Ok;
    type Error;
    fn has_failed(self: Pin<&mut Self>, index: usize) -> bool;
    fn take_error(self: Pin<&mut Self>, index: usize) -> Self::Error;
    /// All values, once all children are done and none has failed.
    fn take_ok(self: Pin<&mut Self>) -> Self::Ok;
}

/// Children with outputs of one type.
#[doc(hidden)]
#[allow(unnameable_types, reason = "sealed")]
pub trait RaceChildren: Children {
    type Item;
    /// The output of a child that is done.
    fn take_one(self: Pin<&mut Self>, index: usize) -> Self::Item;
}

/// What a slot is asked for too late, or too early.
pub(crate) const TAKEN: &str = "a gather was polled after it was ready, or after a child panicked";

impl<F: Future> Children for Slots<F> {
    type Output = Vec<F::Output>;

    fn count(&self) -> usize {
        self.len()
    }

    fn poll(mut self: Pin<&mut Self>, index: usize, cx: &mut Context<'_>) -> Answer {
        self.slot(index).poll(cx)
    }

    fn take(mut self: Pin<&mut Self>) -> Vec<F::Output> {
        (0..self.len()).map(|index| self.slot(index).take().expect(TAKEN)).collect()
    }

    fn clear(mut self: Pin<&mut Self>) {
        Slots::clear(&mut self);
    }
}

impl<F: Future> RaceChildren for Slots<F> {
    type Item = F::Output;

    fn take_one(mut self: Pin<&mut Self>, index: usize) -> F::Output {
        self.slot(index).take().expect(TAKEN)
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> TryChildren for Slots<F> {
    type Ok = Vec<T>;
    type Error = E;

    fn has_failed(mut self: Pin<&mut Self>, index: usize) -> bool {
        self.slot(index).output().is_some_and(Result::is_err)
    }

    fn take_error(mut self: Pin<&mut Self>, index: usize) -> E {
        self.slot(index).take().and_then(Result::err).expect(TAKEN)
    }

    fn take_ok(mut self: Pin<&mut Self>) -> Vec<T> {
        (0..self.len())
            .map(|index| self.slot(index).take().and_then(Result::ok).expect(TAKEN))
            .collect()
    }
}

/// Children that came in an array, so their outputs go out in one.
#[doc(hidden)]
#[derive(Debug)]
#[allow(unnameable_types, reason = "the associated type of a sealed trait")]
pub struct ArraySlots<F: Future, const N: usize>(Slots<F>);

impl<F: Future, const N: usize> Children for ArraySlots<F, N> {
    type Output = [F::Output; N];

    fn count(&self) -> usize {
        N
    }

    fn poll(mut self: Pin<&mut Self>, index: usize, cx: &mut Context<'_>) -> Answer {
        self.0.slot(index).poll(cx)
    }

    fn take(mut self: Pin<&mut Self>) -> [F::Output; N] {
        std::array::from_fn(|index| self.0.slot(index).take().expect(TAKEN))
    }

    fn clear(mut self: Pin<&mut Self>) {
        self.0.clear();
    }
}

impl<F: Future, const N: usize> RaceChildren for ArraySlots<F, N> {
    type Item = F::Output;

    fn take_one(mut self: Pin<&mut Self>, index: usize) -> F::Output {
        self.0.slot(index).take().expect(TAKEN)
    }
}

impl<T, E, F: Future<Output = Result<T, E>>, const N: usize> TryChildren for ArraySlots<F, N> {
    type Ok = [T; N];
    type Error = E;

    fn has_failed(mut self: Pin<&mut Self>, index: usize) -> bool {
        self.0.slot(index).output().is_some_and(Result::is_err)
    }

    fn take_error(mut self: Pin<&mut Self>, index: usize) -> E {
        self.0.slot(index).take().and_then(Result::err).expect(TAKEN)
    }

    fn take_ok(mut self: Pin<&mut Self>) -> [T; N] {
        std::array::from_fn(|index| self.0.slot(index).take().and_then(Result::ok).expect(TAKEN))
    }
}

impl<F: IntoFuture, const N: usize> Gatherable for [F; N] {
    type Output = [F::Output; N];
    type Children = ArraySlots<F::IntoFuture, N>;

    fn into_children(self) -> Self::Children {
        ArraySlots(Slots::new(self.into_iter().map(F::into_future)))
    }
}

impl<T, E, F: IntoFuture<Output = Result<T, E>>, const N: usize> TryGatherable for [F; N] {
    type Ok = [T; N];
    type Error = E;
}

impl<F: IntoFuture, const N: usize> Raceable for [F; N] {
    type Item = F::Output;
}

/// The same for everything that iterates over futures of one type.
macro_rules! iterables {
    ($([$($parameter:ident $(: $bound:path)?),*] $iterable:ty;)*) => {$(
        impl<$($parameter $(: $bound)?,)*> Gatherable for $iterable
        where
            $iterable: IntoIterator<Item: IntoFuture>,
        {
            type Output = Vec<<<$iterable as IntoIterator>::Item as IntoFuture>::Output>;
            type Children = Slots<<<$iterable as IntoIterator>::Item as IntoFuture>::IntoFuture>;

            fn into_children(self) -> Self::Children {
                Slots::new(self.into_iter().map(IntoFuture::into_future))
            }
        }

        impl<$($parameter $(: $bound)?,)*> Raceable for $iterable
        where
            $iterable: IntoIterator<Item: IntoFuture>,
        {
            type Item = <<$iterable as IntoIterator>::Item as IntoFuture>::Output;
        }

        impl<Value, Error, $($parameter $(: $bound)?,)*> TryGatherable for $iterable
        where
            $iterable: IntoIterator<Item: IntoFuture<Output = Result<Value, Error>>>,
        {
            type Ok = Vec<Value>;
            type Error = Error;
        }
    )*};
}

iterables! {
    [F] Vec<F>;
    [F] Box<[F]>;
    [F] VecDeque<F>;
    [F] vec::IntoIter<F>;
    [I, Make] Map<I, Make>;
    [I, Make] FilterMap<I, Make>;
    [I] Take<I>;
    [I] Rev<I>;
    [A, B] Chain<A, B>;
}

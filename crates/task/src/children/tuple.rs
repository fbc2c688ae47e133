//! Tuples of up to twelve futures, each of its own type.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::Context;

use pin_project_lite::pin_project;

use super::{Children, Gatherable, RaceChildren, Raceable, TAKEN, TryChildren, TryGatherable};
use crate::rounds::Answer;
use crate::slots::Slot;

macro_rules! tuples {
    ($($name:ident $len:literal: $($index:literal $field:ident $F:ident $T:ident),+;)+) => {$(
        pin_project! {
            #[doc(hidden)]
            pub struct $name<$($F: Future),+> {
                $(#[pin] $field: Slot<$F>,)+
            }
        }

        impl<$($F: Future),+> Children for $name<$($F),+> {
            type Output = ($($F::Output,)+);

            fn count(&self) -> usize {
                $len
            }

            fn poll(self: Pin<&mut Self>, index: usize, cx: &mut Context<'_>) -> Answer {
                let this = self.project();
                match index {
                    $($index => this.$field.poll(cx),)+
                    _ => Answer::Pending,
                }
            }

            fn take(self: Pin<&mut Self>) -> Self::Output {
                let this = self.project();
                ($(this.$field.take().expect(TAKEN),)+)
            }

            fn clear(self: Pin<&mut Self>) {
                let mut this = self.project();
                $(this.$field.set(Slot::Gone);)+
            }
        }

        impl<Error, $($T,)+ $($F: Future<Output = Result<$T, Error>>),+> TryChildren
            for $name<$($F),+>
        {
            type Ok = ($($T,)+);
            type Error = Error;

            fn has_failed(self: Pin<&mut Self>, index: usize) -> bool {
                let this = self.project();
                match index {
                    $($index => this.$field.output().is_some_and(Result::is_err),)+
                    _ => false,
                }
            }

            fn take_error(self: Pin<&mut Self>, index: usize) -> Error {
                let this = self.project();
                let error = match index {
                    $($index => this.$field.take().and_then(Result::err),)+
                    _ => None,
                };
                error.expect(TAKEN)
            }

            fn take_ok(self: Pin<&mut Self>) -> Self::Ok {
                let this = self.project();
                ($(this.$field.take().and_then(Result::ok).expect(TAKEN),)+)
            }
        }

        impl<Item, $($F: Future<Output = Item>),+> RaceChildren for $name<$($F),+> {
            type Item = Item;

            fn take_one(self: Pin<&mut Self>, index: usize) -> Item {
                let this = self.project();
                let output = match index {
                    $($index => this.$field.take(),)+
                    _ => None,
                };
                output.expect(TAKEN)
            }
        }

        impl<$($F: IntoFuture),+> Gatherable for ($($F,)+) {
            type Output = ($($F::Output,)+);
            type Children = $name<$($F::IntoFuture),+>;

            fn into_children(self) -> Self::Children {
                let ($($field,)+) = self;
                $name { $($field: Slot::new($field.into_future()),)+ }
            }
        }

        impl<Error, $($T,)+ $($F: IntoFuture<Output = Result<$T, Error>>),+> TryGatherable
            for ($($F,)+)
        {
            type Ok = ($($T,)+);
            type Error = Error;
        }

        impl<Item, $($F: IntoFuture<Output = Item>),+> Raceable for ($($F,)+) {
            type Item = Item;
        }
    )+};
}

tuples! {
    Tuple1 1: 0 a A TA;
    Tuple2 2: 0 a A TA, 1 b B TB;
    Tuple3 3: 0 a A TA, 1 b B TB, 2 c C TC;
    Tuple4 4: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD;
    Tuple5 5: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE;
    Tuple6 6: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE, 5 f F TF;
    Tuple7 7: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE, 5 f F TF, 6 g G TG;
    Tuple8 8: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE, 5 f F TF, 6 g G TG, 7 h H TH;
    Tuple9 9: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD,
        4 e E TE, 5 f F TF, 6 g G TG, 7 h H TH, 8 i I TI;
    Tuple10 10: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE,
        5 f F TF, 6 g G TG, 7 h H TH, 8 i I TI, 9 j J TJ;
    Tuple11 11: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE,
        5 f F TF, 6 g G TG, 7 h H TH, 8 i I TI, 9 j J TJ, 10 k K TK;
    Tuple12 12: 0 a A TA, 1 b B TB, 2 c C TC, 3 d D TD, 4 e E TE, 5 f F TF,
        6 g G TG, 7 h H TH, 8 i I TI, 9 j J TJ, 10 k K TK, 11 l L TL;
}

//! The function under an attribute: read only as far as an attribute must know it.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::fault::Fault;

/// An async function without arguments.
pub(crate) struct Function {
    /// Other attributes, documentation included.
    pub(crate) attributes: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    /// From `async` to the end of the body.
    pub(crate) whole: TokenStream,
}

impl Function {
    /// Reads it; `attribute` is what the messages call the reader.
    pub(crate) fn read(tokens: TokenStream, attribute: &str) -> Result<Function, Fault> {
        let mut tokens: Vec<TokenTree> = tokens.into_iter().map(bare).collect();
        let start = tokens.iter().take_while(|token| !is_start(token)).count();
        let head = tokens.drain(..start).collect::<Vec<_>>();
        let (attributes, visibility) = split(head);
        let qualifiers = tokens.iter().position(|token| is(token, "fn"));
        let Some(qualifiers) = qualifiers else {
            let span = tokens.first().map_or_else(Span::call_site, TokenTree::span);
            let what = format!("{attribute} goes before an `async fn`, and this is something else");
            return Err(Fault::at(span, what));
        };
        let is_async = |token: &TokenTree| is(token, "async");
        if let Some(other) = tokens[..qualifiers].iter().find(|token| !is_async(token)) {
            let what =
                format!("{attribute} runs an `async fn` that is nothing else: remove `{other}`");
            return Err(Fault::at(other.span(), what));
        }
        if !tokens[..qualifiers].iter().any(is_async) {
            let what = format!(
                "{attribute} runs an async function: write `async fn`, or remove the attribute if \
                 nothing in it waits"
            );
            return Err(Fault::at(tokens[qualifiers].span(), what));
        }
        let name = match tokens.get(qualifiers + 1) {
            Some(TokenTree::Ident(name)) => name.clone(),
            other => {
                let span = other.map_or_else(Span::call_site, TokenTree::span);
                return Err(Fault::at(span, "a function needs a name"));
            }
        };
        check_signature(&tokens[qualifiers + 2..], &name, attribute)?;
        Ok(Function { attributes, visibility, name, whole: tokens.into_iter().collect() })
    }
}

/// What follows the name: no generics, no arguments, no conditions, and a body.
fn check_signature(rest: &[TokenTree], name: &Ident, attribute: &str) -> Result<(), Fault> {
    match rest.first() {
        Some(TokenTree::Punct(angle)) if angle.as_char() == '<' => {
            let what =
                format!("{attribute} cannot choose types or lifetimes for `{name}`: remove them");
            return Err(Fault::at(angle.span(), what));
        }
        Some(TokenTree::Group(arguments)) if is_list(arguments) => {
            if let Some(argument) = arguments.stream().into_iter().next() {
                let what = format!(
                    "{attribute} has nothing to give to `{name}`: remove the arguments, or have them \
                     made in the body"
                );
                return Err(Fault::at(argument.span(), what));
            }
        }
        other => {
            let span = other.map_or_else(|| name.span(), TokenTree::span);
            return Err(Fault::at(span, format!("`{name}` needs a list of arguments: `()`")));
        }
    }
    if let Some(condition) = rest.iter().find(|token| is(token, "where")) {
        let what = format!("{attribute} cannot meet conditions: remove the `where`");
        return Err(Fault::at(condition.span(), what));
    }
    match rest.last() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => Ok(()),
        _ => Err(Fault::at(name.span(), format!("{attribute} needs the body of `{name}`"))),
    }
}

fn is_list(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis
}

fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

/// Where the function itself begins, behind attributes and visibility.
fn is_start(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() != "pub")
}

/// Attributes come first; the visibility is the rest.
fn split(head: Vec<TokenTree>) -> (TokenStream, TokenStream) {
    let begins = head.iter().position(|token| is(token, "pub")).unwrap_or(head.len());
    let mut head = head.into_iter();
    (head.by_ref().take(begins).collect(), head.collect())
}

/// Out of the invisible brackets that `macro_rules` leaves around what it captured.
pub(crate) fn bare(token: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &token {
        let mut inside = group.stream().into_iter();
        if let (Delimiter::None, Some(only), None) =
            (group.delimiter(), inside.next(), inside.next())
        {
            return bare(only);
        }
    }
    token
}

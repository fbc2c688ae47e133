//! What is written for a function under `#[main]` or `#[test]`.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::arguments::Arguments;
use crate::fault::Fault;
use crate::function::Function;

const MAIN: &str = "`#[evenkeel::main]`";
const TEST: &str = "`#[evenkeel::test]`";

pub(crate) fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    or_fault(function.clone(), try_main(arguments, function))
}

pub(crate) fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    or_fault(function.clone(), try_test(arguments, function))
}

/// With a fault the function stays as it is, so that this is the only error.
fn or_fault(function: TokenStream, expanded: Result<TokenStream, Fault>) -> TokenStream {
    expanded.unwrap_or_else(|fault| {
        let allow = code("#[allow(dead_code, unused)]");
        TokenStream::from_iter([fault.into_tokens(), allow, function])
    })
}

fn try_main(arguments: TokenStream, function: TokenStream) -> Result<TokenStream, Fault> {
    let arguments = Arguments::read(arguments, MAIN, &["workers", "crate"])?;
    let function = Function::read(function, MAIN)?;
    if function.name.to_string() != "main" {
        let what = format!(
            "{MAIN} is for `main`; elsewhere call `evenkeel::run({}())`, or make it a test with \
             `#[evenkeel::test]`",
            function.name
        );
        return Err(Fault::at(function.name.span(), what));
    }
    let workers = match arguments.get("workers") {
        Some(workers) => format!("workers: {}usize,", workers.number(1)?),
        None => String::new(),
    };
    let options = code(&format!("{{ {workers} ..::core::default::Default::default() }}"));
    let krate = krate(&arguments)?;
    let call = TokenStream::from_iter([
        krate.clone(),
        code("::attribute::main"),
        in_parentheses([krate, code("::Options"), options, code(", main()")]),
    ]);
    Ok(outer(function, "", "-> ::std::process::ExitCode", call))
}

fn try_test(arguments: TokenStream, function: TokenStream) -> Result<TokenStream, Fault> {
    let known = ["seeds", "seed", "clock", "timeout", "workers", "crate"];
    let arguments = Arguments::read(arguments, TEST, &known)?;
    let function = Function::read(function, TEST)?;
    let krate = krate(&arguments)?;
    let mut fields: Vec<TokenStream> = Vec::new();
    let mut field = |name: &str, value: &[TokenStream]| {
        fields.push(code(&format!("{name}:")));
        fields.extend_from_slice(value);
        fields.push(code(","));
    };
    match (arguments.get("seed"), arguments.get("seeds")) {
        (Some(_), Some(seeds)) => {
            let what = "`seed` is one schedule and `seeds` are many: say one of the two";
            return Err(Fault::at(seeds.name.span(), what));
        }
        (Some(seed), None) => {
            let seed = format!("::attribute::seed(\"{}\")", seed.seed()?);
            let seed = in_parentheses([krate.clone(), code(&seed)]);
            field("schedule", &[krate.clone(), code("::testing::Schedule::Seed"), seed]);
        }
        (None, Some(seeds)) => {
            let seeds = format!("::testing::Schedule::Seeds({}u64)", seeds.number(1)?);
            field("schedule", &[krate.clone(), code(&seeds)]);
        }
        (None, None) => {}
    }
    if let Some(clock) = arguments.get("clock") {
        let clock = ["Paused", "Real"][clock.word(&["paused", "real"])?];
        field("clock", &[krate.clone(), code(&format!("::testing::TestClock::{clock}"))]);
    }
    if let Some(timeout) = arguments.get("timeout") {
        let nanoseconds = timeout.nanoseconds()?;
        let some = "::core::option::Option::Some(::core::time::Duration::from_nanos";
        field("timeout", &[code(&format!("{some}({nanoseconds}u64))"))]);
    }
    if let Some(workers) = arguments.get("workers") {
        let workers = workers.number(1)?;
        field("workers", &[code(&format!("::core::option::Option::Some({workers}usize)"))]);
    }
    fields.push(code("..::core::default::Default::default()"));
    let name = TokenTree::from(function.name.clone());
    // At the function's name: there the compiler complains of an answer that no test may give.
    let run = respanned(code(".run"), function.name.span());
    let body = [code("async |_|"), name.into(), code("().await")];
    let call = TokenStream::from_iter([
        krate,
        code("::testing::Test"),
        within(Delimiter::Brace, fields),
        run,
        in_parentheses(body),
    ]);
    Ok(outer(function, "#[::core::prelude::v1::test]", "", call))
}

/// The function's name and attributes on one that is not async, the function itself inside, then `call`.
fn outer(function: Function, attribute: &str, answer: &str, call: TokenStream) -> TokenStream {
    TokenStream::from_iter([
        function.attributes,
        code(attribute),
        function.visibility,
        code("fn"),
        TokenTree::from(function.name).into(),
        code("()"),
        code(answer),
        within(Delimiter::Brace, [function.whole, call]),
    ])
}

/// Where the crate is.
fn krate(arguments: &Arguments) -> Result<TokenStream, Fault> {
    arguments.get("crate").map_or_else(|| Ok(code("::evenkeel")), |path| path.path())
}

fn in_parentheses(inside: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    within(Delimiter::Parenthesis, inside)
}

fn within(brackets: Delimiter, inside: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    TokenTree::from(Group::new(brackets, inside.into_iter().collect())).into()
}

fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let at = |mut token: TokenTree| {
        token.set_span(Span::call_site().located_at(span));
        token
    };
    tokens.into_iter().map(at).collect()
}

/// Our own words as tokens.
fn code(text: &str) -> TokenStream {
    text.parse().expect("what this file writes is Rust")
}

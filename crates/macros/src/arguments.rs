//! The arguments of an attribute: `name = value`, with commas between.

use proc_macro::{Ident, Span, TokenStream, TokenTree};

use crate::duration;
use crate::fault::Fault;
use crate::function::bare;

/// All of them, each name once.
pub(crate) struct Arguments {
    list: Vec<Argument>,
}

/// `name = value`.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    value: Vec<TokenTree>,
}

impl Arguments {
    /// Reads them; only those in `known` are.
    pub(crate) fn read(
        tokens: TokenStream,
        attribute: &str,
        known: &[&str],
    ) -> Result<Arguments, Fault> {
        let mut tokens = tokens.into_iter().map(bare).peekable();
        let mut list: Vec<Argument> = Vec::new();
        while let Some(token) = tokens.next() {
            let TokenTree::Ident(name) = token else {
                let what = format!("{attribute} takes `name = value`, with commas between");
                return Err(Fault::at(token.span(), what));
            };
            let word = name.to_string();
            if !known.contains(&word.as_str()) {
                let known = known.join("`, `");
                let what = format!("no argument `{word}`: {attribute} takes `{known}`");
                return Err(Fault::at(name.span(), what));
            }
            if list.iter().any(|argument| argument.name.to_string() == word) {
                return Err(Fault::at(
                    name.span(),
                    format!("`{word}` was said already: say it once"),
                ));
            }
            match tokens.next() {
                Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {}
                other => {
                    let span = other.map_or_else(|| name.span(), |token| token.span());
                    return Err(Fault::at(span, format!("`{word}` needs a value: `{word} = ..`")));
                }
            }
            let mut value = Vec::new();
            for token in tokens.by_ref() {
                if matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',') {
                    break;
                }
                value.push(token);
            }
            if value.is_empty() {
                return Err(Fault::at(
                    name.span(),
                    format!("`{word}` needs a value: `{word} = ..`"),
                ));
            }
            list.push(Argument { name, value });
        }
        Ok(Arguments { list })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Argument> {
        self.list.iter().find(|argument| argument.name.to_string() == name)
    }
}

impl Argument {
    fn span(&self) -> Span {
        self.value.first().map_or_else(|| self.name.span(), TokenTree::span)
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::at(self.span(), what)
    }

    fn literal(&self) -> Option<String> {
        match self.value.as_slice() {
            [TokenTree::Literal(literal)] => Some(literal.to_string()),
            _ => None,
        }
    }

    /// A string's text, as it stands; one with escapes is none.
    fn text(&self) -> Option<String> {
        let literal = self.literal()?;
        let text = literal.strip_prefix('"')?.strip_suffix('"')?;
        (!text.contains('\\')).then(|| text.to_owned())
    }

    /// A whole number of at least `least`.
    pub(crate) fn number(&self, least: u64) -> Result<u64, Fault> {
        let name = &self.name;
        let number = self.literal().and_then(|literal| number(&literal));
        match number {
            None => Err(self.fault(format!("`{name}` is a whole number: `{name} = 2`"))),
            Some(number) if number < least => {
                Err(self.fault(format!("`{name}` is at least {least}")))
            }
            Some(number) => Ok(number),
        }
    }

    /// How much time, in nanoseconds.
    pub(crate) fn nanoseconds(&self) -> Result<u64, Fault> {
        let name = &self.name;
        self.text().and_then(|text| duration::nanoseconds(&text)).ok_or_else(|| {
            self.fault(format!(
                "`{name}` is a duration: `{name} = \"100ms\"`, `\"5s\"`, `\"2min\"` or `\"1h\"`"
            ))
        })
    }

    /// One of some words.
    pub(crate) fn word(&self, words: &[&str]) -> Result<usize, Fault> {
        let text = self.text();
        let at = words.iter().position(|word| text.as_deref() == Some(*word));
        at.ok_or_else(|| {
            let words = words.join("\"` or `\"");
            self.fault(format!("`{}` is `\"{words}\"`", self.name))
        })
    }

    /// A schedule's name: a number, or what a failure printed.
    pub(crate) fn seed(&self) -> Result<String, Fault> {
        if let Ok(number) = self.number(0) {
            return Ok(number.to_string());
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '@' || c == ':';
        self.text().filter(|text| !text.is_empty() && text.chars().all(is_part)).ok_or_else(|| {
            self.fault("`seed` is a number, or what a failure printed: `seed = \"0x51ED@2:17\"`")
        })
    }

    /// A path, bare or in a string.
    pub(crate) fn path(&self) -> Result<TokenStream, Fault> {
        let fault = || self.fault(format!("`{0}` is a path: `{0} = my::evenkeel`", self.name));
        let path: TokenStream = match self.text() {
            Some(text) => text.parse().map_err(|_| fault())?,
            None => self.value.iter().cloned().collect(),
        };
        let is_part = |token: TokenTree| match token {
            TokenTree::Ident(_) => true,
            // `$crate` comes as one, and so do the colons.
            TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | '$'),
            TokenTree::Group(_) | TokenTree::Literal(_) => false,
        };
        if path.is_empty() || !path.clone().into_iter().all(is_part) {
            Err(fault())
        } else {
            Ok(path)
        }
    }
}

/// What a literal says, if that is a whole number.
fn number(literal: &str) -> Option<u64> {
    let digits = literal.replace('_', "");
    let digits = ["u64", "usize", "u32", "i32"]
        .into_iter()
        .find_map(|suffix| digits.strip_suffix(suffix))
        .unwrap_or(&digits);
    match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    //! Numbers as they are written.

    #[test]
    fn numbers() {
        let read = |text| super::number(text);
        assert_eq!(
            [read("7"), read("1_000"), read("0x51_ED"), read("3usize")],
            [Some(7), Some(1000), Some(0x51ED), Some(3)]
        );
        assert_eq!([read("7.5"), read("-1"), read("\"7\""), read("x")], [None; 4]);
    }
}

//! What is wrong with the source, and where: an error of the compiler at that place.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// One mistake, told with its remedy.
pub(crate) struct Fault {
    span: Span,
    message: String,
}

impl Fault {
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Fault {
        Fault { span, message: message.into() }
    }

    /// `::core::compile_error! { "..." }`, each token at the place.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let at = |mut token: TokenTree| {
            token.set_span(self.span);
            token
        };
        let colon = |spacing| at(Punct::new(':', spacing).into());
        let name = |name| at(Ident::new(name, self.span).into());
        let message = at(Literal::string(&self.message).into());
        let braced = at(Group::new(Delimiter::Brace, message.into()).into());
        TokenStream::from_iter([
            colon(Spacing::Joint),
            colon(Spacing::Alone),
            name("core"),
            colon(Spacing::Joint),
            colon(Spacing::Alone),
            name("compile_error"),
            at(Punct::new('!', Spacing::Alone).into()),
            braced,
        ])
    }
}

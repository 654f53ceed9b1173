use std::fmt::Write;

use crate::FeedError;

/// The address of a service. Its path and query may hold a key, so messages show only where it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Base {
    full: String,
    query: Option<String>,
    shown: String,
}

/// An address to ask, and how messages show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    full: String,
    shown: String,
}

impl Base {
    /// Takes `http://…` or `https://…`, with or without a path and a query.
    pub fn parse(text: &str) -> Result<Self, FeedError> {
        let text = text.trim();
        let wrong = |problem: &str| FeedError::setting("base address", problem);
        let (scheme, rest) = ["https://", "http://"]
            .into_iter()
            .find_map(|scheme| Some((scheme, text.strip_prefix(scheme)?)))
            .ok_or_else(|| wrong("write http://host or https://host"))?;
        if rest.chars().any(|c| c.is_whitespace() || c.is_control()) || rest.contains('#') {
            return Err(wrong("blanks and fragments have no place in it"));
        }
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let place = place.trim_end_matches('/');
        let (authority, path) = place.split_once('/').map_or((place, ""), |(host, path)| (host, path));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if host.is_empty() || host.starts_with(':') {
            return Err(wrong("it names no host"));
        }
        let hidden = if path.is_empty() { "" } else { "/…" };
        Ok(Self {
            full: format!("{scheme}{place}"),
            query: query.filter(|query| !query.is_empty()).map(Into::into),
            shown: format!("{scheme}{host}{hidden}"),
        })
    }

    /// The base itself.
    pub fn url(&self) -> Url {
        self.at("", &[])
    }

    /// `path` (which begins with a slash) below the base, with `query` percent-encoded.
    pub fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut own = String::new();
        for (name, value) in query {
            let separator = if own.is_empty() { "" } else { "&" };
            let _ = write!(own, "{separator}{}={}", encode(name), encode(value));
        }
        let whole: Vec<&str> =
            self.query.as_deref().into_iter().chain((!own.is_empty()).then_some(own.as_str())).collect();
        let mark = |text: &str| if text.is_empty() { String::new() } else { format!("?{text}") };
        Url {
            full: format!("{}{path}{}", self.full, mark(&whole.join("&"))),
            shown: format!("{}{path}{}", self.shown, mark(&own)),
        }
    }

    /// How messages show it.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

/// Never the full address: it may hold a key.
impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Url {
    /// What is asked.
    pub(super) fn full(&self) -> &str {
        &self.full
    }

    /// What messages show.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_used_but_never_shown() {
        let base = Base::parse("https://me:pass@rpc.example/secret/?api-key=abc").unwrap();
        let url = base.at("/v1/history", &[("symbol", "Crypto.SOL/USD"), ("to", "5")]);
        assert_eq!(
            url.full(),
            "https://me:pass@rpc.example/secret/v1/history?api-key=abc&symbol=Crypto.SOL%2FUSD&to=5"
        );
        assert_eq!(url.shown(), "https://rpc.example/…/v1/history?symbol=Crypto.SOL%2FUSD&to=5");
        assert_eq!(format!("{base:?}"), "https://rpc.example/…");
        let plain = Base::parse("http://127.0.0.1:80/").unwrap();
        assert_eq!(plain.url().full(), "http://127.0.0.1:80");
        assert_eq!(plain.at("/x", &[("ids[]", "a b")]).full(), "http://127.0.0.1:80/x?ids%5B%5D=a%20b");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "example.org", "ftp://x", "http://", "https://:80", "http://a b", "http://a/#x", "http://u@"]
        {
            assert!(Base::parse(text).unwrap_err().is_setting(), "{text}");
        }
    }
}

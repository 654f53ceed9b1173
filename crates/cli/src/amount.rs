//! Amounts in the units people use: "12.5 USDC", "1.2 SOL", "1,000 atoms".
//!
//! Parsing is strict: what is not exactly representable is an error, never rounded.

/// A token as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Symbol, such as USDC; a mint's address where no symbol is known.
    pub symbol: String,
    /// Decimals of the mint.
    pub decimals: u8,
}

/// Why an amount cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// No number.
    #[error("\"{0}\" is not an amount: write it like \"12.5 {1}\"")]
    NotANumber(String, String),
    /// A minus sign.
    #[error("\"{0}\" is negative")]
    Negative(String),
    /// A number alone.
    #[error("\"{0}\" has no unit: write \"{0} {1}\"")]
    NoUnit(String, String),
    /// Another token than expected.
    #[error("unknown unit \"{found}\": this is in {expected}, or in atoms")]
    UnknownUnit {
        /// What was written.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Finer than the token.
    #[error("\"{text}\" has {found} decimals, {symbol} has {most}")]
    TooManyDecimals {
        /// What was written.
        text: String,
        /// Decimals written.
        found: usize,
        /// The token.
        symbol: String,
        /// Decimals it has.
        most: u8,
    },
    /// More than a token account can hold.
    #[error("\"{0}\" is more than fits in a token account")]
    Overflow(String),
}

impl Unit {
    /// A token by symbol.
    pub fn new(symbol: &str, decimals: u8) -> Self {
        Self { symbol: symbol.to_owned(), decimals }
    }

    /// Atoms of `text`, such as "12.5 USDC", "1,000.5 usdc" or "1200 atoms".
    pub fn parse(&self, text: &str) -> Result<u64, AmountError> {
        let text = text.trim();
        let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+')));
        let (number, unit) = text.split_at(split.unwrap_or(text.len()));
        let unit = unit.trim();
        if number.is_empty() {
            return Err(AmountError::NotANumber(text.to_owned(), self.symbol.clone()));
        }
        if number.starts_with('-') {
            return Err(AmountError::Negative(text.to_owned()));
        }
        if unit.is_empty() {
            return Err(AmountError::NoUnit(number.to_owned(), self.symbol.clone()));
        }
        let decimals = if unit.eq_ignore_ascii_case(&self.symbol) {
            self.decimals
        } else if unit.eq_ignore_ascii_case("atoms") || unit.eq_ignore_ascii_case("atom") {
            0
        } else {
            return Err(AmountError::UnknownUnit { found: unit.to_owned(), expected: self.symbol.clone() });
        };
        self.atoms(text, number, decimals)
    }

    fn atoms(&self, text: &str, number: &str, decimals: u8) -> Result<u64, AmountError> {
        let malformed = || AmountError::NotANumber(text.to_owned(), self.symbol.clone());
        let overflow = || AmountError::Overflow(text.to_owned());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = ungrouped(whole).ok_or_else(malformed)?;
        let empty_fraction = number.contains('.') && fraction.is_empty();
        if !is_digits(&whole) || !is_digits(fraction) || whole.is_empty() || empty_fraction {
            return Err(malformed());
        }
        if fraction.len() > usize::from(decimals) {
            return Err(AmountError::TooManyDecimals {
                text: text.to_owned(),
                found: fraction.len(),
                symbol: if decimals == self.decimals { self.symbol.clone() } else { "an atom".to_owned() },
                most: decimals,
            });
        }
        let width = usize::from(decimals);
        let digits = format!("{whole}{fraction:0<width$}");
        digits
            .trim_start_matches('0')
            .parse()
            .or_else(|_| if digits.bytes().all(|byte| byte == b'0') { Ok(0) } else { Err(overflow()) })
    }

    /// `atoms` for people: "1,234.5 USDC".
    pub fn format(&self, atoms: u64) -> String {
        format!("{} {}", self.number(atoms), self.symbol)
    }

    /// `atoms` for people, without the symbol.
    pub fn number(&self, atoms: u64) -> String {
        let width = usize::from(self.decimals).saturating_add(1);
        let digits = format!("{atoms:0>width$}");
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(usize::from(self.decimals)));
        let fraction = fraction.trim_end_matches('0');
        let whole = grouped(whole);
        if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
    }
}

/// A number for people: "1,234".
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// Digits in groups of three.
pub fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Takes commas out where they stand between groups of three, and nowhere else.
fn ungrouped(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let sound = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    sound.then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn usdc() -> Unit {
        Unit::new("USDC", 6)
    }

    #[test]
    fn amounts_as_people_write_them() {
        for (text, atoms) in [
            ("12.5 USDC", 12_500_000),
            ("12.5usdc", 12_500_000),
            ("  0.000001   Usdc ", 1),
            ("1,234,567.89 USDC", 1_234_567_890_000),
            ("007 USDC", 7_000_000),
            ("0 USDC", 0),
            ("0.0 USDC", 0),
            ("1200 atoms", 1_200),
            ("1 atom", 1),
            ("18446744073709.551615 USDC", u64::MAX),
        ] {
            assert_eq!(usdc().parse(text), Ok(atoms), "{text}");
        }
        assert_eq!(Unit::new("SOL", 9).parse("1.2 SOL"), Ok(1_200_000_000));
    }

    #[test]
    fn everything_else_is_named() {
        let problem = |text: &str| usdc().parse(text).unwrap_err().to_string();
        assert_eq!(problem("12.5"), "\"12.5\" has no unit: write \"12.5 USDC\"");
        assert_eq!(problem("1 SOL"), "unknown unit \"SOL\": this is in USDC, or in atoms");
        assert_eq!(problem("-1 USDC"), "\"-1 USDC\" is negative");
        assert_eq!(problem("1.0000001 USDC"), "\"1.0000001 USDC\" has 7 decimals, USDC has 6");
        assert_eq!(problem("1.5 atoms"), "\"1.5 atoms\" has 1 decimals, an atom has 0");
        assert!(problem("18446744073709.551616 USDC").contains("more than fits"));
        assert!(problem("99999999999999999999999999 USDC").contains("more than fits"));
        for text in [
            "",
            "USDC",
            "1.2.3 USDC",
            ". USDC",
            ".5 USDC",
            "5. USDC",
            "+1 USDC",
            "1,23 USDC",
            ",123 USDC",
            "1,2345 USDC",
            "1e3 USDC",
            "0x10 USDC",
            "1-1 USDC",
        ] {
            assert!(usdc().parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_for_people() {
        assert_eq!(usdc().format(1_234_567_890_000), "1,234,567.89 USDC");
        assert_eq!(usdc().format(1), "0.000001 USDC");
        assert_eq!(usdc().format(0), "0 USDC");
        assert_eq!(usdc().format(1_000_000), "1 USDC");
        assert_eq!(Unit::new("X", 0).format(1_000), "1,000 X");
    }

    proptest! {
        #[test]
        fn what_is_printed_can_be_typed(atoms in any::<u64>(), decimals in 0u8..=12) {
            let unit = Unit::new("TOK", decimals);
            prop_assert_eq!(unit.parse(&unit.format(atoms)), Ok(atoms));
        }

        #[test]
        fn nothing_panics(text in "\\PC*") {
            let _ = usdc().parse(&text);
        }
    }
}

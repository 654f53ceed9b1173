//! Shares of a whole as people write them: "12.5%" or "1250 bps".

/// Why a share cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a share {problem}: write it like \"12.5%\" or \"1250 bps\"")]
pub struct RatioError {
    text: String,
    problem: &'static str,
}

/// Basis points of `text`, at most 100%. A hundredth of a percent is the finest there is.
pub fn parse_bps(text: &str) -> Result<u16, RatioError> {
    let trimmed = text.trim();
    let fail = |problem| RatioError { text: trimmed.to_owned(), problem };
    let (number, decimals) = if let Some(number) = trimmed.strip_suffix('%') {
        (number.trim_end(), 2)
    } else if let Some(number) = trimmed.strip_suffix("bps") {
        (number.trim_end(), 0)
    } else {
        return Err(fail("with a unit"));
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || number.ends_with('.') {
        return Err(fail("in figures"));
    }
    if fraction.len() > decimals {
        return Err(fail("in whole basis points"));
    }
    let digits = format!("{whole}{fraction:0<decimals$}");
    let bps: u16 = digits.parse().map_err(|_| fail("of at most 100%"))?;
    if bps > 10_000 { Err(fail("of at most 100%")) } else { Ok(bps) }
}

/// Basis points for people: "12.5%".
pub fn percent(bps: u64) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    match rest {
        0 => format!("{whole}%"),
        rest if rest.is_multiple_of(10) => format!("{whole}.{}%", rest / 10),
        rest => format!("{whole}.{rest:02}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_as_people_write_them() {
        for (text, bps) in
            [("12.5%", 1_250), ("0.01 %", 1), ("100%", 10_000), ("50bps", 50), ("1 bps", 1), ("0%", 0)]
        {
            assert_eq!(parse_bps(text), Ok(bps), "{text}");
        }
        for text in ["12.5", "0.001%", "100.01%", "10001 bps", "1.5bps", "-1%", "%", "1.%", "x%", "99999999%"]
        {
            assert!(parse_bps(text).is_err(), "{text}");
        }
        for bps in 0..=10_000u16 {
            assert_eq!(parse_bps(&percent(u64::from(bps))), Ok(bps));
        }
    }
}

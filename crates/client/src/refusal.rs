//! The program's refusals by number.

use ballast::BallastError;

/// First code of the program's own errors.
const FIRST: u32 = 6_000;

/// An error of the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({name}, {code})")]
pub struct Refusal {
    /// Code as the chain reports it.
    pub code: u32,
    /// Name of the broken rule.
    pub name: String,
    /// What it says.
    pub message: String,
}

impl Refusal {
    /// The refusal behind a custom error code; `None` when it is not one of the program's.
    pub fn from_code(code: u32) -> Option<Self> {
        let number = usize::try_from(code.checked_sub(FIRST)?).ok()?;
        let error = BallastError::ALL.get(number)?;
        Some(Self { code, name: error.name(), message: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_agree() {
        for (offset, error) in BallastError::ALL.iter().enumerate() {
            let code = FIRST + u32::try_from(offset).expect("few errors");
            assert_eq!(u32::from(*error), code);
            assert_eq!(Refusal::from_code(code).map(|refusal| refusal.name), Some(error.name()));
        }
        // `ALL` is written by hand.
        let declared = include_str!("../../../programs/ballast/src/error.rs").matches("#[msg(").count();
        assert_eq!(BallastError::ALL.len(), declared);
        assert_eq!(Refusal::from_code(5_999), None);
        assert_eq!(Refusal::from_code(FIRST + u32::try_from(declared).expect("few errors")), None);
    }
}

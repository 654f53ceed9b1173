//! cp-swap's own error codes.

use solana_program::program_error::ProgramError;

/// Errors of the swap program; the numbers are cp-swap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CpmmError {
    /// The pool's status or opening time forbids the operation.
    NotApproved = 6000,
    /// The LP mint is not the pool's.
    IncorrectLpMint = 6004,
    /// The caller's limit was passed.
    ExceededSlippage = 6005,
    /// The LP amount stands for no tokens.
    ZeroTradingTokens = 6006,
    /// A Token-2022 extension that is not admitted.
    NotSupportMint = 6007,
    /// The two vaults are not the pool's two.
    InvalidVault = 6008,
    /// A calculation left its range. cp-swap aborts instead in some of these cases.
    MathOverflow = 6011,
    /// A vault holds less than the fees owed from it.
    InsufficientVault = 6012,
    /// The pool names a way of taking creator fees that does not exist.
    InvalidFeeModel = 6013,
}

impl From<CpmmError> for ProgramError {
    fn from(error: CpmmError) -> Self {
        ProgramError::Custom(error as u32)
    }
}

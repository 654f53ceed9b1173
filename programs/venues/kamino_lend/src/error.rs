//! klend's own error codes, as far as the cToken path raises them.

use solana_program::program_error::ProgramError;

/// Errors of the lending program; the numbers are klend's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum LendingError {
    /// The amount is zero.
    InvalidAmount = 6003,
    /// The reserve's configuration holds a value klend does not know.
    InvalidConfig = 6004,
    /// An account may not be used in this place.
    InvalidAccountInput = 6006,
    /// A calculation left its range. klend aborts instead in some of these cases.
    MathOverflow = 6007,
    /// More liquidity is asked for than is freely available.
    InsufficientLiquidity = 6008,
    /// The reserve was not refreshed in the current slot.
    ReserveStale = 6009,
    /// The reserve names no valid price source.
    InvalidOracleConfig = 6029,
    /// The market is in emergency mode.
    GlobalEmergencyMode = 6042,
    /// No price could be read.
    PriceNotValid = 6044,
    /// The reserve's TWAP settings are inconsistent.
    InvalidTwapConfig = 6053,
    /// The Pyth account is not the configured one.
    InvalidPythPriceAccount = 6054,
    /// A Switchboard account is not the configured one.
    InvalidSwitchboardAccount = 6055,
    /// The Scope account is not the configured one.
    InvalidScopePriceAccount = 6056,
    /// The borrow curve's points do not ascend.
    InvalidBorrowRateCurvePoint = 6060,
    /// A utilisation lies outside the curve.
    InvalidUtilizationRate = 6061,
    /// The withdrawal cap of the running interval is used up.
    WithdrawalCapReached = 6064,
    /// The withdrawal cap's interval starts in the future.
    LastTimestampGreaterThanCurrent = 6065,
    /// The reserve was written by another version of the program.
    ReserveDeprecated = 6073,
    /// The reserve takes no deposits any more.
    ReserveObsolete = 6082,
    /// The deposit would lift the reserve above its limit.
    DepositLimitExceeded = 6090,
    /// Vault balance and accounted liquidity drifted apart.
    ReserveTokenBalanceMismatch = 6095,
    /// The vault moved by another amount than planned.
    ReserveVaultBalanceMismatch = 6096,
    /// The accounted liquidity moved by another amount than planned.
    ReserveAccountingMismatch = 6097,
    /// The liquidity token uses a Token-2022 extension that is not admitted.
    UnsupportedTokenExtension = 6108,
    /// The reserve takes no direct cToken deposits.
    CTokenUsageBlocked = 6132,
}

impl From<LendingError> for ProgramError {
    fn from(error: LendingError) -> Self {
        ProgramError::Custom(error as u32)
    }
}

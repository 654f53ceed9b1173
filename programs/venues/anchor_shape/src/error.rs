//! Error codes that the Anchor framework raises before and around a program's own.

use solana_program::program_error::ProgramError;

/// The part of Anchor's fixed error table that the stand-ins can raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AnchorError {
    /// The instruction data is shorter than a discriminator (Anchor before 0.30).
    InstructionMissing = 100,
    /// No instruction has this discriminator.
    InstructionFallbackNotFound = 101,
    /// The arguments after the discriminator could not be read.
    InstructionDidNotDeserialize = 102,
    /// An account that must be writable is not.
    ConstraintMut = 2000,
    /// A key stored in an account differs from the account given for it.
    ConstraintHasOne = 2001,
    /// A free-form constraint failed.
    ConstraintRaw = 2003,
    /// An address is not derived from the expected seeds.
    ConstraintSeeds = 2006,
    /// An address is not the expected one.
    ConstraintAddress = 2012,
    /// A token account is of another mint.
    ConstraintTokenMint = 2014,
    /// A token account has another owner.
    ConstraintTokenOwner = 2015,
    /// A mint belongs to another token program.
    ConstraintMintTokenProgram = 2022,
    /// `require_gt!` failed.
    RequireGtViolated = 2505,
    /// `require_gte!` failed.
    RequireGteViolated = 2506,
    /// The account is too short to hold a discriminator.
    AccountDiscriminatorNotFound = 3001,
    /// The account is of another type.
    AccountDiscriminatorMismatch = 3002,
    /// The account's contents could not be read.
    AccountDidNotDeserialize = 3003,
    /// Fewer accounts were passed than the instruction takes.
    AccountNotEnoughKeys = 3005,
    /// The account was loaded for writing but is read-only.
    AccountNotMutable = 3006,
    /// The account belongs to another program.
    AccountOwnedByWrongProgram = 3007,
    /// A program account is not the expected program.
    InvalidProgramId = 3008,
    /// A program account is not executable.
    InvalidProgramExecutable = 3009,
    /// A signer did not sign.
    AccountNotSigner = 3010,
    /// The account does not exist.
    AccountNotInitialized = 3012,
}

impl From<AnchorError> for ProgramError {
    fn from(error: AnchorError) -> Self {
        ProgramError::Custom(error as u32)
    }
}

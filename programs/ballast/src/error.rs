//! Error codes: each names the broken rule. Fixed and append-only; the first is 6000.

use anchor_lang::prelude::*;

/// Everything the program can refuse.
#[error_code]
#[derive(PartialEq, Eq)]
pub enum BallastError {
    // Authority
    /// 6000
    #[msg("signer is not the program's upgrade authority")]
    NotUpgradeAuthority,
    /// 6001
    #[msg("signer is not governance")]
    NotGovernance,
    /// 6002
    #[msg("signer is neither guardian nor governance")]
    NotGuardian,
    /// 6003
    #[msg("signer is not the vault's keeper")]
    NotKeeper,
    /// 6004
    #[msg("signer does not own this account")]
    NotOwner,
    /// 6005
    #[msg("the guardian may only make things safer")]
    GuardianMayOnlyReduce,

    // Amounts
    /// 6006
    #[msg("amount is zero")]
    ZeroAmount,
    /// 6007
    #[msg("amount is too small to be worth a share or an atom")]
    DustAmount,
    /// 6008
    #[msg("arithmetic overflow")]
    MathOverflow,
    /// 6009
    #[msg("token balance is lower than the amount")]
    InsufficientBalance,
    /// 6010
    #[msg("position holds fewer shares than the amount")]
    InsufficientShares,
    /// 6011
    #[msg("fewer shares than min_shares_out")]
    MinSharesNotMet,
    /// 6012
    #[msg("fewer assets than min_assets_out")]
    MinAssetsNotMet,
    /// 6013
    #[msg("idle assets do not cover the withdrawal: use withdraw_from")]
    InsufficientIdle,
    /// 6014
    #[msg("deposit would take the vault past its deposit cap")]
    DepositCapExceeded,
    /// 6015
    #[msg("seed deposit is below the minimum")]
    SeedTooSmall,
    /// 6016
    #[msg("a token balance moved by another amount than the transfer's")]
    BalanceDeltaMismatch,

    // Mint and token accounts
    /// 6017
    #[msg("mint is not the vault's asset")]
    WrongMint,
    /// 6018
    #[msg("token program does not own the mint")]
    WrongTokenProgram,
    /// 6019
    #[msg("token account is not the one this vault holds")]
    WrongTokenAccount,
    /// 6020
    #[msg("mint takes a transfer fee")]
    MintHasTransferFee,
    /// 6021
    #[msg("mint calls a transfer hook")]
    MintHasTransferHook,
    /// 6022
    #[msg("mint has a permanent delegate")]
    MintHasPermanentDelegate,
    /// 6023
    #[msg("mint freezes new accounts")]
    MintDefaultFrozen,
    /// 6024
    #[msg("mint has an extension the vault does not support")]
    MintExtensionUnsupported,

    // Parameters
    /// 6025
    #[msg("class is not Conservative, Balanced or Growth")]
    InvalidClass,
    /// 6026
    #[msg("asset-class mask is empty or has unknown bits")]
    InvalidAssetClass,
    /// 6027
    #[msg("a limit is outside the program's hard bounds")]
    InvalidLimits,
    /// 6028
    #[msg("a fee is above the program's hard cap")]
    FeeTooHigh,
    /// 6029
    #[msg("pause level is not 0 to 4")]
    InvalidPauseLevel,
    /// 6030
    #[msg("profile is out of bounds")]
    InvalidProfile,
    /// 6031
    #[msg("price guard is out of bounds")]
    InvalidPriceGuard,
    /// 6032
    #[msg("cap is above 100% of the vault")]
    InvalidCap,

    // Mandate
    /// 6033
    #[msg("vault's risk class is above the profile's tolerance")]
    ClassAboveTolerance,
    /// 6034
    #[msg("vault may hold an asset class that the profile does not accept")]
    AssetClassNotAccepted,
    /// 6035
    #[msg("profile's horizon is nearer than the vault's minimum")]
    HorizonTooShort,

    // State
    /// 6036
    #[msg("pause level forbids this")]
    Paused,
    /// 6037
    #[msg("an allocation was not refreshed in this slot")]
    StaleAllocation,
    /// 6038
    #[msg("vault has no free allocation slot")]
    AllocationSlotsFull,
    /// 6039
    #[msg("strategy already has an allocation in this vault")]
    AllocationExists,
    /// 6040
    #[msg("allocation index is out of range")]
    AllocationNotFound,
    /// 6041
    #[msg("strategy is not the one in the allocation's slot")]
    WrongStrategy,
    /// 6042
    #[msg("strategy is for another asset")]
    StrategyAssetMismatch,
    /// 6043
    #[msg("strategy's asset class is outside the vault's mandate")]
    StrategyOutsideMandate,
    /// 6044
    #[msg("account version is unknown to this program")]
    UnknownVersion,
    /// 6045
    #[msg("an invariant of the vault does not hold")]
    InvariantBroken,

    // Models and decisions
    /// 6046
    #[msg("model is not approved")]
    ModelNotApproved,
    /// 6047
    #[msg("model was revoked")]
    ModelRevoked,
    /// 6048
    #[msg("model is not the one behind the vault's decision")]
    WrongModel,
    /// 6049
    #[msg("vault has no decision to execute")]
    NoDecision,
    /// 6050
    #[msg("a decision was already recorded in this slot")]
    DecisionInSameSlot,
    /// 6051
    #[msg("cooldown since the last decision has not passed")]
    CooldownActive,
    /// 6052
    #[msg("targets name a slot without a strategy")]
    TargetWithoutStrategy,

    // Limits
    /// 6053
    #[msg("absolute cap of an allocation exceeded")]
    AbsoluteCapExceeded,
    /// 6054
    #[msg("relative cap of an allocation exceeded")]
    RelativeCapExceeded,
    /// 6055
    #[msg("idle buffer not kept")]
    IdleBufferNotKept,
    /// 6056
    #[msg("turnover budget of the window exceeded")]
    TurnoverExceeded,
    /// 6057
    #[msg("value loss of this call exceeds its budget")]
    LossPerCallExceeded,
    /// 6058
    #[msg("value loss budget of the window exceeded")]
    LossWindowExceeded,
    /// 6059
    #[msg("move would overshoot the target")]
    TargetOvershot,
    /// 6060
    #[msg("allocation is not above its target or caps: nothing to reduce")]
    NothingToReduce,
    /// 6061
    #[msg("move is below the vault's minimum")]
    MoveTooSmall,
    /// 6062
    #[msg("leaver may not unwind more than their own exit")]
    UnwindExceedsExit,
    /// 6063
    #[msg("allocation holds fewer receipts than the amount")]
    InsufficientReceipts,

    // Venues
    /// 6064
    #[msg("adapter kind is unknown")]
    UnknownAdapter,
    /// 6065
    #[msg("venue program is not the adapter's")]
    WrongVenueProgram,
    /// 6066
    #[msg("venue account is owned by another program")]
    VenueAccountOwner,
    /// 6067
    #[msg("venue account is of another type or size")]
    VenueAccountInvalid,
    /// 6068
    #[msg("an account is not the one pinned by the strategy")]
    PinnedAccountMismatch,
    /// 6069
    #[msg("venue accounts are missing from the end of the account list")]
    VenueAccountsMissing,
    /// 6070
    #[msg("venue refuses this operation at the moment")]
    VenueDisabled,
    /// 6071
    #[msg("venue's books are not of the current slot or epoch after refreshing")]
    VenueStale,
    /// 6072
    #[msg("venue's spot price diverges from the oracle")]
    SpotDiverges,
    /// 6073
    #[msg("venue's receipts did not move as expected")]
    ReceiptMismatch,

    // Oracles
    /// 6074
    #[msg("price account is owned by another program")]
    OracleWrongOwner,
    /// 6075
    #[msg("price account is not the one pinned by the guard")]
    OracleWrongAccount,
    /// 6076
    #[msg("price account is not a price account")]
    OracleInvalidAccount,
    /// 6077
    #[msg("price update is not fully verified")]
    OracleNotFullyVerified,
    /// 6078
    #[msg("price update is for another feed")]
    OracleWrongFeed,
    /// 6079
    #[msg("price is not positive")]
    OracleNotPositive,
    /// 6080
    #[msg("price is too old")]
    OracleStale,
    /// 6081
    #[msg("confidence interval is too wide")]
    OracleWide,
    /// 6082
    #[msg("price diverges from its moving average")]
    OracleDivergent,
    /// 6083
    #[msg("publish time went backwards")]
    OraclePublishTimeBackwards,
    /// 6084
    #[msg("price guard is for another mint")]
    WrongPriceGuard,

    // Appended since
    /// 6085
    #[msg("price is out of the range that can be computed with")]
    PriceOutOfRange,
    /// 6086
    #[msg("there are no fee shares to claim")]
    NothingToClaim,
    /// 6087
    #[msg("program data account does not belong to this program")]
    WrongProgramData,
    /// 6088
    #[msg("two accounts that must differ are the same")]
    DuplicateAccount,
    /// 6089
    #[msg("the move is for another decision than the vault's last")]
    WrongDecision,
    /// 6090
    #[msg("the decision is too old for an increase")]
    DecisionExpired,
    /// 6091
    #[msg("the venue's exchange rate fell since the decision: increases wait for the next one")]
    LostSinceDecision,
    /// 6092
    #[msg("allocation's inflow budget exceeded")]
    InflowExceeded,
    /// 6093
    #[msg("the venue's liquidity was not read in the period before this one")]
    LiquidityNotSettled,
    /// 6094
    #[msg("the venue could not pay out enough of what it would hold")]
    LiquidityTooLow,
    /// 6095
    #[msg("the venue's utilisation is above the vault's bound")]
    UtilisationTooHigh,
    /// 6096
    #[msg("the allocation was reduced at a loss and rests")]
    AllocationResting,
    /// 6097
    #[msg("shares cannot leave in the slot in which they were entered")]
    SharesEnteredInSameSlot,
    /// 6098
    #[msg("the limit is outside its hard bounds: min_move_atoms")]
    MinMoveOutOfBounds,
    /// 6099
    #[msg("the limit is outside its hard bounds: turnover_window_secs")]
    TurnoverWindowOutOfBounds,
    /// 6100
    #[msg("the limit is outside its hard bounds: loss_window_secs")]
    LossWindowOutOfBounds,
    /// 6101
    #[msg("the limit is outside its hard bounds: inflow_window_secs")]
    InflowWindowOutOfBounds,
    /// 6102
    #[msg("the limit is outside its hard bounds: cooldown_secs")]
    CooldownOutOfBounds,
    /// 6103
    #[msg("the limit is outside its hard bounds: profit_unlock_secs")]
    ProfitUnlockOutOfBounds,
    /// 6104
    #[msg("the limit is outside its hard bounds: idle_buffer_bps")]
    IdleBufferOutOfBounds,
    /// 6105
    #[msg("the limit is outside its hard bounds: turnover_cap_bps")]
    TurnoverCapOutOfBounds,
    /// 6106
    #[msg("the limit is outside its hard bounds: loss_call_bps")]
    LossPerCallOutOfBounds,
    /// 6107
    #[msg("the limit is outside its hard bounds: loss_window_bps")]
    LossBudgetOutOfBounds,
    /// 6108
    #[msg("the limit is outside its hard bounds: min_liquidity_bps")]
    MinLiquidityOutOfBounds,
    /// 6109
    #[msg("the limit is outside its hard bounds: max_utilisation_bps")]
    MaxUtilisationOutOfBounds,
    /// 6110
    #[msg("the limit is outside its hard bounds: settle_secs")]
    SettleTimeOutOfBounds,
    /// 6111
    #[msg("the limit is outside its hard bounds: decision_ttl_secs, which is no shorter than cooldown_secs")]
    DecisionTtlOutOfBounds,
    /// 6112
    #[msg("the limit is outside its hard bounds: reduction_rest_secs")]
    ReductionRestOutOfBounds,
    /// 6113
    #[msg("the limit is outside its hard bounds: inflow_cap_bps")]
    InflowCapOutOfBounds,
    /// 6114
    #[msg("the limit is outside its hard bounds: latch_bps")]
    LatchOutOfBounds,
    /// 6115
    #[msg("the limit is outside its hard bounds: dead_band_bps")]
    DeadBandOutOfBounds,
    /// 6116
    #[msg("the vault's history has its full size")]
    HistoryComplete,
    /// 6117
    #[msg("the allocation holds something: empty it first")]
    AllocationNotEmpty,
    /// 6118
    #[msg("venue names another receipt or leg mint than the strategy was listed with")]
    RepinChangesMint,
    /// 6119
    #[msg("venue changed owner, delegate, close authority, state or lamports of an account of the vault")]
    VaultAccountChanged,
    /// 6120
    #[msg("venue took from a balance of the vault that is no part of the move")]
    OtherBalanceTaken,
    /// 6121
    #[msg("signer is not who governance was offered to")]
    NotOfferedGovernance,
    /// 6122
    #[msg("an authority or a recipient of fees may not be the default key")]
    DefaultKey,
    /// 6123
    #[msg("position still holds shares")]
    PositionNotEmpty,
    /// 6124
    #[msg("decision is the vault's last")]
    DecisionIsLast,
    /// 6125
    #[msg("decision is younger than decisions are kept")]
    DecisionTooYoung,
    /// 6126
    #[msg("decisions are closed in the order of their numbers")]
    DecisionOutOfOrder,
    /// 6127
    #[msg("decision is of another vault")]
    WrongDecisionVault,
    /// 6128
    #[msg("decisions are kept for a day to ten years")]
    RetentionOutOfBounds,
}

impl BallastError {
    /// Every error, in the order of its code.
    pub const ALL: &'static [Self] = &[
        Self::NotUpgradeAuthority,
        Self::NotGovernance,
        Self::NotGuardian,
        Self::NotKeeper,
        Self::NotOwner,
        Self::GuardianMayOnlyReduce,
        Self::ZeroAmount,
        Self::DustAmount,
        Self::MathOverflow,
        Self::InsufficientBalance,
        Self::InsufficientShares,
        Self::MinSharesNotMet,
        Self::MinAssetsNotMet,
        Self::InsufficientIdle,
        Self::DepositCapExceeded,
        Self::SeedTooSmall,
        Self::BalanceDeltaMismatch,
        Self::WrongMint,
        Self::WrongTokenProgram,
        Self::WrongTokenAccount,
        Self::MintHasTransferFee,
        Self::MintHasTransferHook,
        Self::MintHasPermanentDelegate,
        Self::MintDefaultFrozen,
        Self::MintExtensionUnsupported,
        Self::InvalidClass,
        Self::InvalidAssetClass,
        Self::InvalidLimits,
        Self::FeeTooHigh,
        Self::InvalidPauseLevel,
        Self::InvalidProfile,
        Self::InvalidPriceGuard,
        Self::InvalidCap,
        Self::ClassAboveTolerance,
        Self::AssetClassNotAccepted,
        Self::HorizonTooShort,
        Self::Paused,
        Self::StaleAllocation,
        Self::AllocationSlotsFull,
        Self::AllocationExists,
        Self::AllocationNotFound,
        Self::WrongStrategy,
        Self::StrategyAssetMismatch,
        Self::StrategyOutsideMandate,
        Self::UnknownVersion,
        Self::InvariantBroken,
        Self::ModelNotApproved,
        Self::ModelRevoked,
        Self::WrongModel,
        Self::NoDecision,
        Self::DecisionInSameSlot,
        Self::CooldownActive,
        Self::TargetWithoutStrategy,
        Self::AbsoluteCapExceeded,
        Self::RelativeCapExceeded,
        Self::IdleBufferNotKept,
        Self::TurnoverExceeded,
        Self::LossPerCallExceeded,
        Self::LossWindowExceeded,
        Self::TargetOvershot,
        Self::NothingToReduce,
        Self::MoveTooSmall,
        Self::UnwindExceedsExit,
        Self::InsufficientReceipts,
        Self::UnknownAdapter,
        Self::WrongVenueProgram,
        Self::VenueAccountOwner,
        Self::VenueAccountInvalid,
        Self::PinnedAccountMismatch,
        Self::VenueAccountsMissing,
        Self::VenueDisabled,
        Self::VenueStale,
        Self::SpotDiverges,
        Self::ReceiptMismatch,
        Self::OracleWrongOwner,
        Self::OracleWrongAccount,
        Self::OracleInvalidAccount,
        Self::OracleNotFullyVerified,
        Self::OracleWrongFeed,
        Self::OracleNotPositive,
        Self::OracleStale,
        Self::OracleWide,
        Self::OracleDivergent,
        Self::OraclePublishTimeBackwards,
        Self::WrongPriceGuard,
        Self::PriceOutOfRange,
        Self::NothingToClaim,
        Self::WrongProgramData,
        Self::DuplicateAccount,
        Self::WrongDecision,
        Self::DecisionExpired,
        Self::LostSinceDecision,
        Self::InflowExceeded,
        Self::LiquidityNotSettled,
        Self::LiquidityTooLow,
        Self::UtilisationTooHigh,
        Self::AllocationResting,
        Self::SharesEnteredInSameSlot,
        Self::MinMoveOutOfBounds,
        Self::TurnoverWindowOutOfBounds,
        Self::LossWindowOutOfBounds,
        Self::InflowWindowOutOfBounds,
        Self::CooldownOutOfBounds,
        Self::ProfitUnlockOutOfBounds,
        Self::IdleBufferOutOfBounds,
        Self::TurnoverCapOutOfBounds,
        Self::LossPerCallOutOfBounds,
        Self::LossBudgetOutOfBounds,
        Self::MinLiquidityOutOfBounds,
        Self::MaxUtilisationOutOfBounds,
        Self::SettleTimeOutOfBounds,
        Self::DecisionTtlOutOfBounds,
        Self::ReductionRestOutOfBounds,
        Self::InflowCapOutOfBounds,
        Self::LatchOutOfBounds,
        Self::DeadBandOutOfBounds,
        Self::HistoryComplete,
        Self::AllocationNotEmpty,
        Self::RepinChangesMint,
        Self::VaultAccountChanged,
        Self::OtherBalanceTaken,
        Self::NotOfferedGovernance,
        Self::DefaultKey,
        Self::PositionNotEmpty,
        Self::DecisionIsLast,
        Self::DecisionTooYoung,
        Self::DecisionOutOfOrder,
        Self::WrongDecisionVault,
        Self::RetentionOutOfBounds,
    ];
}

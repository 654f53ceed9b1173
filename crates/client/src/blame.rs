//! Which account an error is about: the chain names it only where a constraint on it failed.

use anchor_lang::Discriminator;
use ballast::BallastError as E;
use ballast::instruction as data;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::address;
use crate::refusal::Refusal;

/// Names of an instruction's accounts, in order, as far as errors are about them.
fn account_names(instruction: &Instruction) -> &'static [&'static str] {
    const VAULT_ONLY: &[&str] = &["authority", "config", "vault"];
    const GOVERNED: &[&str] = &["governance", "config", "vault"];
    let tables: [(&[u8], &'static [&'static str]); 29] = [
        (
            data::Deposit::DISCRIMINATOR,
            &[
                "owner",
                "profile",
                "vault",
                "position",
                "owner_tokens",
                "idle_account",
                "asset_mint",
                "token_program",
            ],
        ),
        (
            data::Withdraw::DISCRIMINATOR,
            &["owner", "vault", "position", "owner_tokens", "idle_account", "asset_mint", "token_program"],
        ),
        (
            data::WithdrawFrom::DISCRIMINATOR,
            &[
                "owner",
                "vault",
                "position",
                "strategy",
                "owner_tokens",
                "asset_mint",
                "idle_account",
                "receipt_account",
                "token_program",
            ],
        ),
        (data::SetProfile::DISCRIMINATOR, &["owner", "profile"]),
        (
            data::Allocate::DISCRIMINATOR,
            &[
                "payer",
                "vault",
                "strategy",
                "model",
                "asset_mint",
                "idle_account",
                "receipt_account",
                "token_program",
            ],
        ),
        (data::RefreshAllocation::DISCRIMINATOR, &["vault", "strategy"]),
        (data::Rebalance::DISCRIMINATOR, &["keeper", "vault", "model", "decision"]),
        (data::SimulateRebalance::DISCRIMINATOR, &["vault", "model"]),
        (data::ClaimFees::DISCRIMINATOR, &["payer", "vault", "recipient", "position"]),
        (
            data::InitializeConfig::DISCRIMINATOR,
            &["payer", "upgrade_authority", "config", "ballast", "program_data"],
        ),
        (
            data::CreateVault::DISCRIMINATOR,
            &[
                "payer",
                "governance",
                "config",
                "vault",
                "asset_mint",
                "idle_account",
                "seed_source",
                "token_program",
            ],
        ),
        (
            data::ListStrategy::DISCRIMINATOR,
            &[
                "payer",
                "governance",
                "config",
                "strategy",
                "venue",
                "venue_program",
                "asset_mint",
                "leg_mint",
            ],
        ),
        (data::RepinStrategy::DISCRIMINATOR, &["governance", "config", "strategy", "venue"]),
        (
            data::AddAllocation::DISCRIMINATOR,
            &[
                "payer",
                "governance",
                "config",
                "vault",
                "strategy",
                "receipt_mint",
                "receipt_account",
                "receipt_token_program",
                "leg_mint",
                "leg_account",
                "leg_token_program",
            ],
        ),
        (data::ApproveModel::DISCRIMINATOR, &["payer", "governance", "config", "model"]),
        (data::RevokeModel::DISCRIMINATOR, &["authority", "config", "model"]),
        (data::SetPriceGuard::DISCRIMINATOR, &["payer", "governance", "config", "mint", "guard"]),
        (data::OfferGovernance::DISCRIMINATOR, &["governance", "config"]),
        (data::AcceptGovernance::DISCRIMINATOR, &["offered_governance", "config"]),
        (data::SetGuardian::DISCRIMINATOR, &["governance", "config"]),
        (data::SetDecisionRetention::DISCRIMINATOR, &["governance", "config"]),
        (data::CloseProfile::DISCRIMINATOR, &["owner", "profile"]),
        (data::ClosePosition::DISCRIMINATOR, &["owner", "vault", "position"]),
        (data::CloseDecision::DISCRIMINATOR, &["config", "vault", "decision", "keeper"]),
        (data::SetKeeper::DISCRIMINATOR, VAULT_ONLY),
        (data::SetLimits::DISCRIMINATOR, GOVERNED),
        (data::SetFees::DISCRIMINATOR, GOVERNED),
        (data::SetPauseLevel::DISCRIMINATOR, VAULT_ONLY),
        (data::SetAllocationCaps::DISCRIMINATOR, VAULT_ONLY),
    ];
    let found = tables.iter().find(|(start, _)| instruction.data.starts_with(start));
    found.map_or(&[], |(_, names)| names)
}

/// Which accounts an error can be about, likeliest first; the instruction has some of them.
fn suspects(error: E) -> &'static [&'static str] {
    match error {
        E::NotUpgradeAuthority => &["upgrade_authority"],
        E::NotGovernance => &["governance"],
        E::NotGuardian | E::GuardianMayOnlyReduce => &["authority"],
        E::NotKeeper => &["keeper"],
        E::NotOfferedGovernance => &["offered_governance"],
        E::DecisionIsLast | E::DecisionTooYoung | E::DecisionOutOfOrder | E::WrongDecisionVault => {
            &["decision"]
        }
        E::NotOwner => &["position", "recipient"],
        E::InsufficientBalance => &["owner_tokens", "seed_source"],
        E::InsufficientShares | E::PositionNotEmpty => &["position"],
        E::WrongMint
        | E::MintHasTransferFee
        | E::MintHasTransferHook
        | E::MintHasPermanentDelegate
        | E::MintDefaultFrozen
        | E::MintExtensionUnsupported => &["asset_mint"],
        E::WrongTokenProgram => &["token_program"],
        E::ClassAboveTolerance | E::AssetClassNotAccepted | E::HorizonTooShort | E::InvalidProfile => {
            &["profile"]
        }
        E::ModelNotApproved | E::ModelRevoked | E::WrongModel => &["model"],
        E::AllocationExists
        | E::WrongStrategy
        | E::StrategyAssetMismatch
        | E::StrategyOutsideMandate
        | E::UnknownAdapter
        | E::WrongVenueProgram
        | E::VenueDisabled
        | E::VenueStale
        | E::SpotDiverges
        | E::ReceiptMismatch
        | E::PinnedAccountMismatch
        | E::VenueAccountsMissing => &["strategy", "vault"],
        E::VenueAccountOwner | E::VenueAccountInvalid | E::RepinChangesMint => &["venue", "strategy"],
        E::OracleWrongOwner
        | E::OracleWrongAccount
        | E::OracleInvalidAccount
        | E::OracleNotFullyVerified
        | E::OracleWrongFeed
        | E::OracleNotPositive
        | E::OracleStale
        | E::OracleWide
        | E::OracleDivergent
        | E::OraclePublishTimeBackwards
        | E::WrongPriceGuard
        | E::PriceOutOfRange => &["strategy", "vault"],
        E::InvalidPriceGuard => &["guard"],
        E::WrongProgramData => &["program_data"],
        E::WrongTokenAccount => &["idle_account"],
        _ => &["vault"],
    }
}

/// The account of `instruction` that refusal `code` is about: its name and address.
pub fn account_at_fault(instruction: &Instruction, code: u32) -> Option<(&'static str, Pubkey)> {
    if instruction.program_id != address::PROGRAM {
        return None;
    }
    let refusal = Refusal::from_code(code)?;
    let error = *E::ALL.iter().find(|error| error.name() == refusal.name)?;
    let names = account_names(instruction);
    suspects(error).iter().find_map(|suspect| {
        let index = names.iter().position(|name| name == suspect)?;
        Some((*suspect, instruction.accounts.get(index)?.pubkey))
    })
}

/// The address of the account that the chain calls `name` in `instruction`.
pub fn address_of(instruction: &Instruction, name: &str) -> Option<Pubkey> {
    let index = account_names(instruction).iter().position(|known| *known == name)?;
    Some(instruction.accounts.get(index)?.pubkey)
}

#[cfg(test)]
mod tests {
    use ballast::state::Vault;
    use bytemuck::Zeroable;

    use super::*;
    use crate::instruction;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    #[test]
    fn names_stand_where_the_builders_put_their_accounts() {
        let vault = Vault { asset_mint: key(3), idle_account: key(4), ..Vault::zeroed() };
        let deposit = instruction::deposit(key(1), key(2), &vault, 5, 0);
        let expect = |code: E, name: &'static str, address: Pubkey| {
            assert_eq!(account_at_fault(&deposit, code.into()), Some((name, address)));
            assert_eq!(address_of(&deposit, name), Some(address));
        };
        expect(E::ClassAboveTolerance, "profile", address::profile(&key(1)));
        expect(E::StaleAllocation, "vault", key(2));
        expect(E::OracleStale, "vault", key(2));
        expect(E::WrongTokenAccount, "idle_account", key(4));
        expect(E::WrongMint, "asset_mint", key(3));
        let withdraw = instruction::withdraw(key(1), key(2), &vault, 5, 0, false);
        assert_eq!(
            account_at_fault(&withdraw, E::InsufficientShares.into()),
            Some(("position", address::position(&key(2), &key(1))))
        );
        let rebalance = instruction::rebalance(key(1), key(2), &vault, key(7), [0; 8], [0; 32]);
        assert_eq!(account_at_fault(&rebalance, E::ModelRevoked.into()), Some(("model", key(7))));
        assert_eq!(account_at_fault(&rebalance, E::NotKeeper.into()), Some(("keeper", key(1))));
    }

    #[test]
    fn foreign_instructions_and_codes_blame_nobody() {
        let foreign = Instruction { program_id: address::TOKEN, accounts: vec![], data: vec![9] };
        assert_eq!(account_at_fault(&foreign, E::Paused.into()), None);
        let unknown = Instruction { program_id: address::PROGRAM, accounts: vec![], data: vec![9] };
        assert_eq!(account_at_fault(&unknown, E::Paused.into()), None);
        assert_eq!(account_at_fault(&unknown, 1), None);
    }
}

//! One builder an instruction. Nothing here is checked: the program does that.

use anchor_lang::{InstructionData, ToAccountMetas};
use ballast::state::{Allocation, Mandate, PriceGuardParams, Strategy, StrategyParams, Vault, VaultLimits};
use ballast::{CreateVaultParams, Direction, MoveOrder, accounts, instruction as data};
use ballast_math::MAX_ALLOCATIONS;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::address;
use crate::venue::VenueAccounts;

fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction { program_id: address::PROGRAM, accounts: accounts.to_account_metas(None), data: data.data() }
}

fn with_venue(mut instruction: Instruction, venue: &[solana_instruction::AccountMeta]) -> Instruction {
    instruction.accounts.extend_from_slice(venue);
    instruction
}

/// `initialize_config`.
pub fn initialize_config(
    payer: Pubkey,
    upgrade_authority: Pubkey,
    governance: Pubkey,
    guardian: Pubkey,
) -> Instruction {
    let accounts = accounts::InitializeConfig {
        payer,
        upgrade_authority,
        config: address::config(),
        ballast: address::PROGRAM,
        program_data: address::program_data(),
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::InitializeConfig { governance, guardian })
}

/// `offer_governance` to `to`.
pub fn offer_governance(governance: Pubkey, to: Pubkey) -> Instruction {
    let accounts = accounts::OfferGovernance {
        governance,
        config: address::config(),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::OfferGovernance { to })
}

/// `accept_governance` by whom it was offered to.
pub fn accept_governance(offered_governance: Pubkey) -> Instruction {
    let accounts = accounts::AcceptGovernance {
        offered_governance,
        config: address::config(),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::AcceptGovernance {})
}

/// `set_guardian`.
pub fn set_guardian(governance: Pubkey, guardian: Pubkey) -> Instruction {
    let accounts = accounts::SetGuardian {
        governance,
        config: address::config(),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetGuardian { guardian })
}

/// `set_decision_retention`.
pub fn set_decision_retention(governance: Pubkey, secs: u32) -> Instruction {
    let accounts = accounts::SetDecisionRetention {
        governance,
        config: address::config(),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetDecisionRetention { secs })
}

/// `close_profile`.
pub fn close_profile(owner: Pubkey) -> Instruction {
    let accounts = accounts::CloseProfile {
        owner,
        profile: address::profile(&owner),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::CloseProfile {})
}

/// `close_position`.
pub fn close_position(owner: Pubkey, vault: Pubkey) -> Instruction {
    let accounts = accounts::ClosePosition {
        owner,
        vault,
        position: address::position(&vault, &owner),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::ClosePosition {})
}

/// `close_decision` number `sequence`, which `keeper` paid for.
pub fn close_decision(vault: Pubkey, sequence: u64, keeper: Pubkey) -> Instruction {
    let accounts = accounts::CloseDecision {
        config: address::config(),
        vault,
        decision: address::decision(&vault, sequence),
        keeper,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::CloseDecision {})
}

/// `create_vault`, its seed taken from `seed_source`.
pub fn create_vault(
    payer: Pubkey,
    governance: Pubkey,
    asset_mint: Pubkey,
    token_program: Pubkey,
    seed_source: Pubkey,
    params: CreateVaultParams,
) -> Instruction {
    let vault = address::vault(&asset_mint, params.class);
    let accounts = accounts::CreateVault {
        payer,
        governance,
        config: address::config(),
        vault,
        asset_mint,
        idle_account: address::token_account(&vault, &asset_mint, &token_program),
        seed_source,
        token_program,
        associated_token_program: address::ASSOCIATED_TOKEN,
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::CreateVault { params })
}

/// `list_strategy`; `leg_mint` is the other leg of a pool ([`crate::venue::leg_mint`]).
pub fn list_strategy(
    payer: Pubkey,
    governance: Pubkey,
    venue: Pubkey,
    venue_program: Pubkey,
    asset_mint: Pubkey,
    leg_mint: Option<Pubkey>,
    params: StrategyParams,
) -> Instruction {
    let accounts = accounts::ListStrategy {
        payer,
        governance,
        config: address::config(),
        strategy: address::strategy(&venue, &asset_mint),
        venue,
        venue_program,
        asset_mint,
        leg_mint,
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::ListStrategy { params })
}

/// `repin_strategy`: `venue` is the root account that the strategy was listed with.
pub fn repin_strategy(governance: Pubkey, strategy: Pubkey, venue: Pubkey) -> Instruction {
    let accounts = accounts::RepinStrategy {
        governance,
        config: address::config(),
        strategy,
        venue,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::RepinStrategy {})
}

/// Where a strategy goes in a vault, and how much of it may go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The empty place to use again; `None` for the next one.
    pub replaces: Option<u8>,
    /// Cap, atoms of the asset.
    pub absolute_cap_atoms: u64,
    /// Cap, bps of the vault.
    pub relative_cap_bps: u16,
}

/// `add_allocation` of `strategy` (stored at `strategy_key`) to `vault`.
pub fn add_allocation(
    payer: Pubkey,
    governance: Pubkey,
    vault: Pubkey,
    strategy_key: Pubkey,
    strategy: &Strategy,
    place: Place,
) -> Instruction {
    let Place { replaces, absolute_cap_atoms, relative_cap_bps } = place;
    let token_account = |mint: &Pubkey, program: &Pubkey| address::token_account(&vault, mint, program);
    let has_leg = strategy.leg_mint != Pubkey::default();
    let accounts = accounts::AddAllocation {
        payer,
        governance,
        config: address::config(),
        vault,
        strategy: strategy_key,
        receipt_mint: strategy.receipt_mint,
        receipt_account: token_account(&strategy.receipt_mint, &strategy.receipt_token_program),
        receipt_token_program: strategy.receipt_token_program,
        leg_mint: has_leg.then_some(strategy.leg_mint),
        leg_account: has_leg.then(|| token_account(&strategy.leg_mint, &strategy.leg_token_program)),
        leg_token_program: has_leg.then_some(strategy.leg_token_program),
        associated_token_program: address::ASSOCIATED_TOKEN,
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::AddAllocation { replaces, absolute_cap_atoms, relative_cap_bps })
}

/// `set_allocation_caps`.
pub fn set_allocation_caps(
    authority: Pubkey,
    vault: Pubkey,
    index: u8,
    absolute_cap_atoms: u64,
    relative_cap_bps: u16,
) -> Instruction {
    let accounts = accounts::SetAllocationCaps {
        authority,
        config: address::config(),
        vault,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetAllocationCaps { index, absolute_cap_atoms, relative_cap_bps })
}

/// `set_limits`.
pub fn set_limits(governance: Pubkey, vault: Pubkey, limits: VaultLimits) -> Instruction {
    let accounts = accounts::SetLimits {
        governance,
        config: address::config(),
        vault,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetLimits { limits })
}

/// `set_fees`.
pub fn set_fees(
    governance: Pubkey,
    vault: Pubkey,
    management_fee_bps: u16,
    performance_fee_bps: u16,
    fee_recipient: Pubkey,
) -> Instruction {
    let accounts = accounts::SetFees {
        governance,
        config: address::config(),
        vault,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetFees { management_fee_bps, performance_fee_bps, fee_recipient })
}

/// `approve_model`.
pub fn approve_model(payer: Pubkey, governance: Pubkey, hash: [u8; 32]) -> Instruction {
    let accounts = accounts::ApproveModel {
        payer,
        governance,
        config: address::config(),
        model: address::model(&hash),
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::ApproveModel { hash })
}

/// `revoke_model`.
pub fn revoke_model(authority: Pubkey, model: Pubkey) -> Instruction {
    let accounts = accounts::RevokeModel {
        authority,
        config: address::config(),
        model,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::RevokeModel {})
}

/// `set_price_guard`.
pub fn set_price_guard(
    payer: Pubkey,
    governance: Pubkey,
    mint: Pubkey,
    params: PriceGuardParams,
) -> Instruction {
    let accounts = accounts::SetPriceGuard {
        payer,
        governance,
        config: address::config(),
        mint,
        guard: address::price_guard(&mint),
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetPriceGuard { params })
}

/// `set_keeper`.
pub fn set_keeper(authority: Pubkey, vault: Pubkey, keeper: Pubkey) -> Instruction {
    let accounts = accounts::SetKeeper {
        authority,
        config: address::config(),
        vault,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetKeeper { keeper })
}

/// `set_pause_level`.
pub fn set_pause_level(authority: Pubkey, vault: Pubkey, level: u8) -> Instruction {
    let accounts = accounts::SetPauseLevel {
        authority,
        config: address::config(),
        vault,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetPauseLevel { level })
}

/// `set_profile`.
pub fn set_profile(owner: Pubkey, mandate: Mandate) -> Instruction {
    let accounts = accounts::SetProfile {
        owner,
        profile: address::profile(&owner),
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::SetProfile { mandate })
}

/// `deposit` from the owner's associated token account.
pub fn deposit(
    owner: Pubkey,
    vault_key: Pubkey,
    vault: &Vault,
    amount: u64,
    min_shares_out: u64,
) -> Instruction {
    let accounts = accounts::Deposit {
        owner,
        profile: address::profile(&owner),
        vault: vault_key,
        position: address::position(&vault_key, &owner),
        owner_tokens: address::token_account(&owner, &vault.asset_mint, &vault.token_program),
        idle_account: vault.idle_account,
        asset_mint: vault.asset_mint,
        token_program: vault.token_program,
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::Deposit { amount, min_shares_out })
}

/// `withdraw` to the owner's associated token account.
pub fn withdraw(
    owner: Pubkey,
    vault_key: Pubkey,
    vault: &Vault,
    shares: u64,
    min_assets_out: u64,
    accept_stale: bool,
) -> Instruction {
    let accounts = accounts::Withdraw {
        owner,
        vault: vault_key,
        position: address::position(&vault_key, &owner),
        owner_tokens: address::token_account(&owner, &vault.asset_mint, &vault.token_program),
        idle_account: vault.idle_account,
        asset_mint: vault.asset_mint,
        token_program: vault.token_program,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::Withdraw { shares, min_assets_out, accept_stale })
}

/// What a leaver asks of `withdraw_from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Slot to unwind.
    pub index: u8,
    /// Receipts to unwind.
    pub receipts: u64,
    /// Shares to give up.
    pub shares: u64,
    /// Least atoms to accept.
    pub min_assets_out: u64,
    /// Count what cannot be refreshed as nothing.
    pub accept_stale: bool,
}

/// `withdraw_from` to the owner's associated token account.
pub fn withdraw_from(
    owner: Pubkey,
    vault_key: Pubkey,
    vault: &Vault,
    allocation: &Allocation,
    venue: &VenueAccounts,
    exit: Exit,
) -> Instruction {
    let accounts = accounts::WithdrawFrom {
        owner,
        vault: vault_key,
        position: address::position(&vault_key, &owner),
        strategy: allocation.strategy,
        owner_tokens: address::token_account(&owner, &vault.asset_mint, &vault.token_program),
        asset_mint: vault.asset_mint,
        idle_account: vault.idle_account,
        receipt_account: allocation.receipt_account,
        token_program: vault.token_program,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    let Exit { index, receipts, shares, min_assets_out, accept_stale } = exit;
    with_venue(
        build(accounts, data::WithdrawFrom { index, receipts, shares, min_assets_out, accept_stale }),
        &venue.movement,
    )
}

/// `refresh_allocation`.
pub fn refresh_allocation(
    vault: Pubkey,
    allocation: &Allocation,
    index: u8,
    venue: &VenueAccounts,
    with_history: bool,
) -> Instruction {
    let accounts = accounts::RefreshAllocation {
        vault,
        strategy: allocation.strategy,
        history: with_history.then(|| address::history(&vault)),
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    with_venue(build(accounts, data::RefreshAllocation { index }), &venue.refresh)
}

/// What `allocate` moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Allocation.
    pub index: u8,
    /// Which way.
    pub direction: Direction,
    /// Atoms of the asset for an increase, receipts for a decrease.
    pub amount: u64,
    /// Whether the payer moves as the guardian: told apart from anyone by naming `config`.
    pub as_guardian: bool,
}

/// `allocate`, for the vault's last decision.
pub fn allocate(
    payer: Pubkey,
    vault_key: Pubkey,
    vault: &Vault,
    step: Move,
    venue: &VenueAccounts,
) -> Option<Instruction> {
    let Move { index, direction, amount, as_guardian } = step;
    let allocation = vault.allocations.get(usize::from(index))?;
    let accounts = accounts::Allocate {
        payer,
        vault: vault_key,
        strategy: allocation.strategy,
        model: (direction == Direction::Increase).then_some(vault.decision_model),
        config: as_guardian.then(address::config),
        asset_mint: vault.asset_mint,
        idle_account: vault.idle_account,
        receipt_account: allocation.receipt_account,
        token_program: vault.token_program,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    let order = MoveOrder { index, direction, amount, decision_sequence: vault.decision_sequence };
    Some(with_venue(build(accounts, data::Allocate { order }), &venue.movement))
}

/// `extend_history`: to be sent until the history is complete, twice for a new one.
pub fn extend_history(payer: Pubkey, vault: Pubkey) -> Instruction {
    let accounts = accounts::ExtendHistory {
        payer,
        vault,
        history: address::history(&vault),
        system_program: address::SYSTEM,
    };
    build(accounts, data::ExtendHistory {})
}

/// `rebalance`: records decision number `vault.decision_sequence + 1`.
pub fn rebalance(
    keeper: Pubkey,
    vault_key: Pubkey,
    vault: &Vault,
    model: Pubkey,
    targets_bps: [u16; MAX_ALLOCATIONS],
    input_hash: [u8; 32],
) -> Instruction {
    let accounts = accounts::Rebalance {
        keeper,
        vault: vault_key,
        model,
        decision: address::decision(&vault_key, vault.decision_sequence.saturating_add(1)),
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::Rebalance { targets_bps, input_hash })
}

/// `simulate_rebalance`; its return data is a [`ballast::RebalanceReport`].
pub fn simulate_rebalance(vault: Pubkey, model: Pubkey, targets_bps: [u16; MAX_ALLOCATIONS]) -> Instruction {
    build(accounts::SimulateRebalance { vault, model }, data::SimulateRebalance { targets_bps })
}

/// `claim_fees`.
pub fn claim_fees(payer: Pubkey, vault_key: Pubkey, vault: &Vault) -> Instruction {
    let accounts = accounts::ClaimFees {
        payer,
        vault: vault_key,
        recipient: vault.fee_recipient,
        position: address::position(&vault_key, &vault.fee_recipient),
        system_program: address::SYSTEM,
        event_authority: address::event_authority(),
        program: address::PROGRAM,
    };
    build(accounts, data::ClaimFees {})
}

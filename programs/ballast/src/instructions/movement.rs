//! Moving funds between a vault and a venue: snapshot -> call -> snapshot -> exact deltas -> new value.
//!
//! What may move is the calling instruction's business; that what moved is what the books say, and that nothing
//! else of the vault's changed, is this file's.

use anchor_lang::prelude::*;

use crate::adapters::{
    token_amount, Adapter, Holding, Moving, OwnAccounts, Redeemed, Valuation, VaultSide, Venue,
};
use crate::error::BallastError;
use crate::seeds;
use crate::state::{LoadKnown, Strategy, Vault, VaultSigner};

/// Accounts of a move, each still to be checked against the vault and its slot.
pub struct Movement<'a, 'info> {
    pub vault: &'a AccountLoader<'info, Vault>,
    pub strategy: &'a AccountLoader<'info, Strategy>,
    pub payer: AccountInfo<'info>,
    pub asset_mint: AccountInfo<'info>,
    pub idle_account: AccountInfo<'info>,
    pub receipt_account: AccountInfo<'info>,
    pub token_program: AccountInfo<'info>,
    /// The venue's program, then its accounts in the adapter's order.
    pub venue_accounts: &'info [AccountInfo<'info>],
    pub index: u8,
    pub clock: &'a Clock,
}

/// Which way funds go.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the venue: the amount is atoms of the vault's asset.
    Increase,
    /// Back to idle: the amount is receipts.
    Decrease,
}

/// What a move did, in atoms; written to the slot already, not yet to the profit and loss.
pub struct Moved {
    /// Atoms that left idle or reached it.
    pub atoms: u64,
    /// Receipts that came or went.
    pub receipts: u64,
    /// The slot's value before, low side.
    pub value_before: u64,
    /// The slot's value after, low side.
    pub value_after: u64,
    /// Idle plus the slot's value before.
    pub gross_before: u64,
    /// Idle plus the slot's value after.
    pub gross_after: u64,
    /// Whether the last receipts were burnt, worth less than the venue can pay: a loss that no bound may forbid,
    /// or the slot could never be cleared.
    pub given_up: bool,
}

impl Moved {
    /// Value that the move lost, atoms.
    pub fn loss(&self) -> u64 {
        self.gross_before.saturating_sub(self.gross_after)
    }
}

struct Balances {
    idle: u64,
    receipts: u64,
    leg: u64,
}

impl<'info> Movement<'_, 'info> {
    /// Moves `amount` and books it in the vault's counters and slot.
    pub fn execute(&self, direction: Direction, amount: u64) -> Result<Moved> {
        let strategy = self.strategy.load_known()?;
        let adapter = Adapter::from_kind(strategy.adapter)?;
        let (side, signer_vault) = (self.vault.load_known()?, self.vault.to_account_info());
        let allocation = *side.allocation(self.index)?;
        let signer = VaultSigner::new(&side);
        let native_bumps = [side.funder_bump, side.unwrap_bump];
        let expected = (side.asset_mint, side.idle_account, side.token_program);
        // A borrow may not outlive the calls below: the vault signs them.
        drop(side);
        require_keys_eq!(self.strategy.key(), allocation.strategy, BallastError::WrongStrategy);
        require_keys_eq!(*self.asset_mint.key, expected.0, BallastError::WrongMint);
        require_keys_eq!(*self.idle_account.key, expected.1, BallastError::WrongTokenAccount);
        require_keys_eq!(*self.token_program.key, expected.2, BallastError::WrongTokenProgram);
        require_keys_eq!(
            *self.receipt_account.key,
            allocation.receipt_account,
            BallastError::WrongTokenAccount
        );

        let holding = Holding { receipts: allocation.receipts, residual_atoms: allocation.residual_atoms };
        let venue = Venue { strategy: &strategy, accounts: self.venue_accounts, clock: self.clock };
        let side = VaultSide {
            vault: signer_vault,
            signer: &signer,
            payer: self.payer.clone(),
            asset_mint: self.asset_mint.clone(),
            idle_account: self.idle_account.clone(),
            receipt_account: self.receipt_account.clone(),
            leg_account: allocation.leg_account,
            token_program: self.token_program.clone(),
            holding,
            native_bumps,
        };
        adapter.settle_balances(&side)?;
        let before = self.balances(&allocation.leg_account)?;
        let own = self.own_accounts(&side, &strategy)?;
        let given_up = match direction {
            Direction::Increase => adapter.deposit(&venue, &side, amount).map(|()| false)?,
            Direction::Decrease => adapter.withdraw(&venue, &side, amount)? == Redeemed::GivenUp,
        };
        let after = self.balances(&allocation.leg_account)?;
        let (atoms, receipts) = deltas(direction, amount, &before, &after)?;
        let holding = new_holding(direction, holding, receipts, &before, &after)?;
        let valuation = adapter.refresh(&venue, holding)?;
        own.require_unchanged()?;
        let moved = self.book(direction, atoms, receipts, holding, valuation)?;
        Ok(Moved { given_up, ..moved })
    }

    /// What the venue may not touch, as it is before the venue is called.
    fn own_accounts<'b>(
        &'b self,
        side: &'b VaultSide<'_, 'info>,
        strategy: &Strategy,
    ) -> Result<OwnAccounts<'b, 'info>> {
        let token = |account, mint, token_program| Moving { account, mint, token_program };
        let mut moving = vec![
            token(&self.idle_account, strategy.asset_mint, *self.token_program.key),
            token(&self.receipt_account, strategy.receipt_mint, strategy.receipt_token_program),
        ];
        if let Some(leg) = self.passed_leg(&side.leg_account)? {
            moving.push(token(leg, strategy.leg_mint, strategy.leg_token_program));
        }
        let [funder_bump, _] = side.native_bumps;
        let funder = Pubkey::create_program_address(
            &[seeds::FUNDER, side.vault.key.as_ref(), &[funder_bump]],
            &crate::ID,
        )
        .map_err(|_| BallastError::PinnedAccountMismatch)?;
        OwnAccounts::read(&side.vault, &funder, &moving, self.venue_accounts)
    }

    /// The leg's account among those passed; `None` where the slot has none.
    fn passed_leg(&self, leg_account: &Pubkey) -> Result<Option<&'info AccountInfo<'info>>> {
        if *leg_account == Pubkey::default() {
            return Ok(None);
        }
        let passed = self.venue_accounts.iter().find(|account| account.key == leg_account);
        Ok(Some(passed.ok_or(BallastError::VenueAccountsMissing)?))
    }

    fn balances(&self, leg_account: &Pubkey) -> Result<Balances> {
        let leg = self.passed_leg(leg_account)?.map_or(Ok(0), token_amount)?;
        Ok(Balances {
            idle: token_amount(&self.idle_account)?,
            receipts: token_amount(&self.receipt_account)?,
            leg,
        })
    }

    fn book(
        &self,
        direction: Direction,
        atoms: u64,
        receipts: u64,
        holding: Holding,
        valuation: Valuation,
    ) -> Result<Moved> {
        let mut vault = self.vault.load_known_mut()?;
        let idle_before = vault.idle_atoms;
        let idle_after = match direction {
            Direction::Increase => idle_before.checked_sub(atoms).ok_or(BallastError::InsufficientIdle)?,
            Direction::Decrease => idle_before.checked_add(atoms).ok_or(BallastError::MathOverflow)?,
        };
        vault.idle_atoms = idle_after;
        let limits = vault.limits;
        let allocation = vault.allocation_mut(self.index)?;
        let value_before = allocation.value_low;
        allocation.receipts = holding.receipts;
        // Leaving sold the leg, but for what is worth less than the atom that a sale must pay: given up, for kept,
        // it would make every later pricing wait for this venue, and no decrease could clear it.
        let emptied = direction == Direction::Decrease && holding.receipts == 0;
        let (residual_atoms, valuation) = match emptied {
            true => (0, Valuation { low: 0, high: 0, withdrawable: 0, ..valuation }),
            false => (holding.residual_atoms, valuation),
        };
        allocation.residual_atoms = residual_atoms;
        allocation.set_valuation(&valuation, &limits, self.clock);
        let (now, window) = (self.clock.unix_timestamp, limits.inflow_window_secs);
        let booked = match direction {
            Direction::Increase => {
                let principal = allocation.principal_atoms.checked_add(atoms);
                allocation.principal_atoms = principal.ok_or(BallastError::MathOverflow)?;
                allocation.inflow.add(atoms, now, window)
            }
            // Whoever takes it out again has used nothing up.
            Direction::Decrease => allocation.take_principal(value_before, valuation.low).and_then(|()| {
                allocation.inflow.release(value_before.saturating_sub(valuation.low), now, window)
            }),
        };
        booked.ok_or(BallastError::MathOverflow)?;
        let sum = |idle: u64, value: u64| idle.checked_add(value).ok_or(BallastError::MathOverflow);
        Ok(Moved {
            atoms,
            receipts,
            value_before,
            value_after: valuation.low,
            gross_before: sum(idle_before, value_before)?,
            gross_after: sum(idle_after, valuation.low)?,
            given_up: false,
        })
    }
}

/// Atoms of the asset and receipts that moved, where they moved the right way and by no more than asked.
fn deltas(direction: Direction, amount: u64, before: &Balances, after: &Balances) -> Result<(u64, u64)> {
    let (idle, receipts) = match direction {
        Direction::Increase => {
            (before.idle.checked_sub(after.idle), after.receipts.checked_sub(before.receipts))
        }
        Direction::Decrease => {
            (after.idle.checked_sub(before.idle), before.receipts.checked_sub(after.receipts))
        }
    };
    let atoms = idle.ok_or(BallastError::BalanceDeltaMismatch)?;
    let receipts = receipts.ok_or(BallastError::ReceiptMismatch)?;
    match direction {
        Direction::Increase => {
            require!(atoms > 0 && atoms <= amount, BallastError::BalanceDeltaMismatch);
            require!(receipts > 0, BallastError::ReceiptMismatch);
        }
        Direction::Decrease => require_eq!(receipts, amount, BallastError::ReceiptMismatch),
    }
    Ok((atoms, receipts))
}

fn new_holding(
    direction: Direction,
    holding: Holding,
    receipts: u64,
    before: &Balances,
    after: &Balances,
) -> Result<Holding> {
    let receipts = match direction {
        Direction::Increase => holding.receipts.checked_add(receipts),
        Direction::Decrease => holding.receipts.checked_sub(receipts),
    };
    // The leg's counter follows its balance's change; tokens somebody sent before stay out of it.
    let residual = holding.residual_atoms.checked_add(after.leg).and_then(|sum| sum.checked_sub(before.leg));
    Ok(Holding {
        receipts: receipts.ok_or(BallastError::InsufficientReceipts)?,
        residual_atoms: residual.ok_or(BallastError::BalanceDeltaMismatch)?,
    })
}

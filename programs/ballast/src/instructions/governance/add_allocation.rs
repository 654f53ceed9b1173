use anchor_lang::prelude::*;
use anchor_spl::associated_token::{
    create_idempotent, get_associated_token_address_with_program_id, AssociatedToken, Create,
};

use crate::error::BallastError;
use crate::events::AllocationAdded;
use crate::seeds;
use crate::state::{Allocation, Config, LoadKnown, Strategy, Vault, Versioned};

/// Gives a vault a slot for a strategy, and the token accounts it needs.
///
/// Specification
/// 1. Governance signs.
/// 2. The strategy is for the vault's asset and inside its mandate, and has no slot in it yet.
/// 3. Its place is the next one, or one that is in use and empty: that is retired and used again. What was decided
///    for the old strategy ends with it.
/// 4. What decisions need of the strategy is copied into the slot.
#[event_cpi]
#[derive(Accounts)]
pub struct AddAllocation<'info> {
    /// Pays for token accounts.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Box<Account<'info, Config>>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// The strategy.
    pub strategy: AccountLoader<'info, Strategy>,
    /// CHECK: must be the strategy's receipt mint.
    #[account(address = strategy.load_known()?.receipt_mint @ BallastError::WrongMint)]
    pub receipt_mint: UncheckedAccount<'info>,
    /// CHECK: the vault's associated account for the receipt, made if absent; checked in the handler.
    #[account(mut)]
    pub receipt_account: UncheckedAccount<'info>,
    /// CHECK: must be the receipt's token program.
    #[account(address = strategy.load_known()?.receipt_token_program @ BallastError::WrongTokenProgram)]
    pub receipt_token_program: UncheckedAccount<'info>,
    /// CHECK: must be the other leg's mint; absent where there is none.
    #[account(address = strategy.load_known()?.leg_mint @ BallastError::WrongMint)]
    pub leg_mint: Option<UncheckedAccount<'info>>,
    /// CHECK: the vault's associated account for the leg, made if absent; checked in the handler.
    #[account(mut)]
    pub leg_account: Option<UncheckedAccount<'info>>,
    /// CHECK: must be the leg's token program.
    #[account(address = strategy.load_known()?.leg_token_program @ BallastError::WrongTokenProgram)]
    pub leg_token_program: Option<UncheckedAccount<'info>>,
    /// Associated token program.
    pub associated_token_program: Program<'info, AssociatedToken>,
    /// System program.
    pub system_program: Program<'info, System>,
}

impl<'info> AddAllocation<'info> {
    fn validate(&self, replaces: Option<u8>, relative_cap_bps: u16) -> Result<()> {
        let (vault, strategy) = (self.vault.load_known()?, self.strategy.load_known()?);
        super::set_allocation_caps::validate_cap(relative_cap_bps)?;
        require_keys_eq!(strategy.asset_mint, vault.asset_mint, BallastError::StrategyAssetMismatch);
        require!(strategy.asset_class & !vault.asset_class_mask == 0, BallastError::StrategyOutsideMandate);
        let key = self.strategy.key();
        require!(vault.active().all(|slot| slot.strategy != key), BallastError::AllocationExists);
        match replaces {
            Some(index) => require!(vault.allocation(index)?.is_empty(), BallastError::AllocationNotEmpty),
            None => {
                let free = usize::from(vault.allocation_count) < vault.allocations.len();
                require!(free, BallastError::AllocationSlotsFull);
            }
        }
        Ok(())
    }

    /// Only the vault's own account for this mint will do.
    fn create_token_account(
        &self,
        mint: &UncheckedAccount<'info>,
        account: &UncheckedAccount<'info>,
        token_program: &UncheckedAccount<'info>,
    ) -> Result<Pubkey> {
        let own =
            get_associated_token_address_with_program_id(&self.vault.key(), mint.key, token_program.key);
        require_keys_eq!(account.key(), own, BallastError::WrongTokenAccount);
        let accounts = Create {
            payer: self.payer.to_account_info(),
            associated_token: account.to_account_info(),
            authority: self.vault.to_account_info(),
            mint: mint.to_account_info(),
            system_program: self.system_program.to_account_info(),
            token_program: token_program.to_account_info(),
        };
        create_idempotent(CpiContext::new(self.associated_token_program.key(), accounts))?;
        Ok(account.key())
    }

    fn create_leg_account(&self) -> Result<Pubkey> {
        if self.strategy.load_known()?.leg_mint == Pubkey::default() {
            return Ok(Pubkey::default());
        }
        match (&self.leg_mint, &self.leg_account, &self.leg_token_program) {
            (Some(mint), Some(account), Some(program)) => self.create_token_account(mint, account, program),
            _ => err!(BallastError::VenueAccountsMissing),
        }
    }
}

/// See [`AddAllocation`]. `replaces` is the place to use again. Caps are in atoms of the asset and bps of the vault.
pub(crate) fn add_allocation(
    ctx: Context<AddAllocation>,
    replaces: Option<u8>,
    absolute_cap_atoms: u64,
    relative_cap_bps: u16,
) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(replaces, relative_cap_bps)?;
    let receipt_account = accounts.create_token_account(
        &accounts.receipt_mint,
        &accounts.receipt_account,
        &accounts.receipt_token_program,
    )?;
    let leg_account = accounts.create_leg_account()?;

    let strategy = accounts.strategy.load_known()?;
    let mut vault = accounts.vault.load_known_mut()?;
    let index = replaces.unwrap_or(vault.allocation_count);
    if replaces.is_none() {
        vault.allocation_count = index.checked_add(1).ok_or(BallastError::MathOverflow)?;
    }
    *vault.allocation_mut(index)? = Allocation {
        strategy: accounts.strategy.key(),
        receipt_account,
        leg_account,
        absolute_cap_atoms,
        relative_cap_bps,
        adapter: strategy.adapter,
        asset_class: strategy.asset_class,
        risk_factors: strategy.risk_factors,
        ..Allocation::default()
    };
    vault.invariant()?;
    drop(vault);
    emit_cpi!(AllocationAdded {
        vault: accounts.vault.key(),
        strategy: accounts.strategy.key(),
        index,
        absolute_cap_atoms,
        relative_cap_bps,
    });
    Ok(())
}

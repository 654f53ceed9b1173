use anchor_lang::prelude::*;
use anchor_spl::associated_token::{
    create_idempotent, get_associated_token_address_with_program_id, AssociatedToken, Create,
};
use anchor_spl::token_interface::{transfer_checked, Mint, TokenAccount, TokenInterface, TransferChecked};
use ballast_math::shares;

use crate::adapters::token_amount;
use crate::error::BallastError;
use crate::events::VaultCreated;
use crate::mint::require_mint_supported;
use crate::seeds;
use crate::state::{
    account_size, asset_class, class, require_somebody, Config, Vault, VaultLimits, Versioned,
    ACCOUNT_VERSION,
};

/// Smallest seed deposit, atoms. With the virtual shares, it prices inflation attacks out of reach.
pub const MIN_SEED_ATOMS: u64 = 1_000;

/// What governance states about a new vault.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct CreateVaultParams {
    /// A [`class`].
    pub class: u8,
    /// What the vault may ever hold: a mask of [`asset_class`].
    pub asset_class_mask: u32,
    /// Signs decisions.
    pub keeper: Pubkey,
    /// Whose position fee shares go to.
    pub fee_recipient: Pubkey,
    /// Management fee, bps a year.
    pub management_fee_bps: u16,
    /// Performance fee, bps.
    pub performance_fee_bps: u16,
    /// Risk limits.
    pub limits: VaultLimits,
    /// Seed deposit, atoms, whose shares nobody owns.
    pub seed_atoms: u64,
}

/// Creates the vault of one asset and one class, with a seed deposit that stays for ever.
///
/// Specification
/// 1. Governance signs.
/// 2. The mint is of the Token program, or of Token-2022 without an extension that could take, block or
///    tax a transfer; a freeze authority is accepted.
/// 3. Class, mask, fees and limits are inside the program's hard bounds.
/// 4. The seed is at least [`MIN_SEED_ATOMS`]; its shares are dead.
#[event_cpi]
#[derive(Accounts)]
#[instruction(params: CreateVaultParams)]
pub struct CreateVault<'info> {
    /// Pays for the accounts and gives the seed.
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
    /// The vault to create.
    #[account(
        init, payer = payer, space = account_size::<Vault>(),
        seeds = [seeds::VAULT, asset_mint.key().as_ref(), &[params.class]], bump
    )]
    pub vault: AccountLoader<'info, Vault>,
    /// The asset.
    pub asset_mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: the vault's associated account, where idle assets will be, made if absent; checked in the
    /// handler. Not by an `init` constraint: that would call the token program before it is checked.
    #[account(mut)]
    pub idle_account: UncheckedAccount<'info>,
    /// The payer's tokens.
    #[account(mut, constraint = seed_source.mint == asset_mint.key() @ BallastError::WrongMint)]
    pub seed_source: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Token program of the asset.
    pub token_program: Interface<'info, TokenInterface>,
    /// Associated token program.
    pub associated_token_program: Program<'info, AssociatedToken>,
    /// System program.
    pub system_program: Program<'info, System>,
}

impl CreateVault<'_> {
    fn validate(&self, params: &CreateVaultParams) -> Result<()> {
        let mint = self.asset_mint.to_account_info();
        require_keys_eq!(*mint.owner, self.token_program.key(), BallastError::WrongTokenProgram);
        require!(params.class < class::COUNT, BallastError::InvalidClass);
        let mask = params.asset_class_mask;
        require!(mask != 0 && mask & !asset_class::ALL == 0, BallastError::InvalidAssetClass);
        params.limits.validate()?;
        super::set_fees::validate_fees(params.management_fee_bps, params.performance_fee_bps)?;
        require_somebody(&params.fee_recipient)?;
        require_gte!(params.seed_atoms, MIN_SEED_ATOMS, BallastError::SeedTooSmall);
        require_gte!(self.seed_source.amount, params.seed_atoms, BallastError::InsufficientBalance);
        require_mint_supported(&mint)
    }

    /// Makes the idle account, unless somebody did before.
    fn create_idle_account(&self) -> Result<()> {
        let (mint, program) = (self.asset_mint.key(), self.token_program.key());
        let own = get_associated_token_address_with_program_id(&self.vault.key(), &mint, &program);
        require_keys_eq!(self.idle_account.key(), own, BallastError::WrongTokenAccount);
        let accounts = Create {
            payer: self.payer.to_account_info(),
            associated_token: self.idle_account.to_account_info(),
            authority: self.vault.to_account_info(),
            mint: self.asset_mint.to_account_info(),
            system_program: self.system_program.to_account_info(),
            token_program: self.token_program.to_account_info(),
        };
        create_idempotent(CpiContext::new(self.associated_token_program.key(), accounts))
    }
}

/// See [`CreateVault`].
pub(crate) fn create_vault(ctx: Context<CreateVault>, params: CreateVaultParams) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(&params)?;
    accounts.create_idle_account()?;
    let before = token_amount(&accounts.idle_account)?;
    let transfer = TransferChecked {
        from: accounts.seed_source.to_account_info(),
        mint: accounts.asset_mint.to_account_info(),
        to: accounts.idle_account.to_account_info(),
        authority: accounts.payer.to_account_info(),
    };
    transfer_checked(
        CpiContext::new(accounts.token_program.key(), transfer),
        params.seed_atoms,
        accounts.asset_mint.decimals,
    )?;
    let after = token_amount(&accounts.idle_account)?;
    let received = after.checked_sub(before).ok_or(BallastError::MathOverflow)?;
    require_eq!(received, params.seed_atoms, BallastError::BalanceDeltaMismatch);

    let dead_shares = write_vault(ctx.accounts, &params, ctx.bumps.vault)?;
    emit_cpi!(VaultCreated {
        vault: ctx.accounts.vault.key(),
        asset_mint: ctx.accounts.asset_mint.key(),
        class: params.class,
        asset_class_mask: params.asset_class_mask,
        seed_atoms: params.seed_atoms,
        dead_shares,
    });
    Ok(())
}

#[inline(never)]
fn write_vault(accounts: &mut CreateVault, params: &CreateVaultParams, bump: u8) -> Result<u64> {
    let key = accounts.vault.key();
    let bump_of = |seed: &[u8]| Pubkey::find_program_address(&[seed, key.as_ref()], &crate::ID).1;
    let (funder_bump, unwrap_bump) = (bump_of(seeds::FUNDER), bump_of(seeds::UNWRAP));
    let dead_shares = shares::to_shares_down(params.seed_atoms, 0, 0).ok_or(BallastError::MathOverflow)?;
    let mut vault = accounts.vault.load_init()?;
    vault.version = ACCOUNT_VERSION;
    vault.bump = bump;
    vault.class = params.class;
    vault.asset_decimals = accounts.asset_mint.decimals;
    vault.funder_bump = funder_bump;
    vault.unwrap_bump = unwrap_bump;
    vault.asset_class_mask = params.asset_class_mask;
    vault.management_fee_bps = params.management_fee_bps;
    vault.performance_fee_bps = params.performance_fee_bps;
    vault.asset_mint = accounts.asset_mint.key();
    vault.token_program = accounts.token_program.key();
    vault.idle_account = accounts.idle_account.key();
    vault.keeper = params.keeper;
    vault.fee_recipient = params.fee_recipient;
    vault.limits = params.limits;
    vault.idle_atoms = params.seed_atoms;
    vault.principal_atoms = params.seed_atoms;
    vault.plain_holding_atoms = params.seed_atoms;
    vault.total_shares = dead_shares;
    vault.dead_shares = dead_shares;
    vault.high_water_mark_e15 =
        shares::share_price_e15(params.seed_atoms, dead_shares).ok_or(BallastError::MathOverflow)?;
    vault.fees_accrued_ts = Clock::get()?.unix_timestamp;
    vault.invariant()?;
    Ok(dead_shares)
}

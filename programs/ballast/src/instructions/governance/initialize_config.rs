use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::ConfigInitialized;
use crate::program::Ballast;
use crate::seeds;
use crate::state::{Config, ACCOUNT_VERSION, USUAL_DECISION_RETENTION_SECS};

/// Sets the program's authorities, once.
///
/// Specification
/// 1. Only the program's upgrade authority may call it, so that nobody can front-run a deployment.
/// 2. It can be called once: the config account must not exist.
/// 3. Governance and guardian are whatever the caller states, and must not be the default key.
#[event_cpi]
#[derive(Accounts)]
pub struct InitializeConfig<'info> {
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The program's upgrade authority.
    pub upgrade_authority: Signer<'info>,
    /// The config to create.
    #[account(init, payer = payer, space = 8 + Config::INIT_SPACE, seeds = [seeds::CONFIG], bump)]
    pub config: Account<'info, Config>,
    /// This program, which names its program data.
    #[account(constraint = ballast.programdata_address()? == Some(program_data.key()) @ BallastError::WrongProgramData)]
    pub ballast: Program<'info, Ballast>,
    /// Names the upgrade authority.
    #[account(constraint = program_data.upgrade_authority_address == Some(upgrade_authority.key()) @ BallastError::NotUpgradeAuthority)]
    pub program_data: Account<'info, ProgramData>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`InitializeConfig`].
pub(crate) fn initialize_config(
    ctx: Context<InitializeConfig>,
    governance: Pubkey,
    guardian: Pubkey,
) -> Result<()> {
    require_keys_neq!(governance, Pubkey::default(), BallastError::NotGovernance);
    require_keys_neq!(guardian, Pubkey::default(), BallastError::NotGuardian);
    ctx.accounts.config.set_inner(Config {
        version: ACCOUNT_VERSION,
        bump: ctx.bumps.config,
        governance,
        guardian,
        offered_governance: Pubkey::default(),
        decision_retention_secs: USUAL_DECISION_RETENTION_SECS,
        reserved: [0; 92],
    });
    emit_cpi!(ConfigInitialized { governance, guardian });
    Ok(())
}

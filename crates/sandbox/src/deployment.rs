//! The usual fixture on a world: authorities, vaults, strategies, prices and people.

mod fixture;

pub use fixture::{Fixture, FixtureSpec};

use ballast::adapters::kind;
use ballast::state::{
    Allocation, Decision, Mandate, Position, PriceGuardParams, Strategy, StrategyParams, Vault, VaultLimits,
    asset_class, price_source,
};
use ballast::{CreateVaultParams, Direction};
use ballast_client::instruction::{self, Exit};
use ballast_client::venue::{self, PriceAccounts, VenueError};
use ballast_client::{AccountError, VenueAccounts, address};
use ballast_math::MAX_ALLOCATIONS;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::chain::{Chain, ChainError};
use crate::elf::Programs;
use crate::oracle::{self, Quote};
use crate::token;
use crate::world::{Done, Failed, World};

/// Why something deployed went wrong.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// Accounts could not be read or written.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// An account is not what it should be.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A transaction failed.
    #[error(transparent)]
    Failed(#[from] Box<Failed>),
    /// A strategy's venue accounts cannot be put together.
    #[error("no venue accounts for slot {0}: {1}")]
    Venue(u8, VenueError),
    /// A slot that is not in use.
    #[error("no slot {0}")]
    Slot(u8),
}

impl DeploymentError {
    /// Code of the custom error behind a failed transaction.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Failed(failed) => failed.code,
            _ => None,
        }
    }
}

/// A person with a wallet.
pub struct Person {
    /// Their key.
    pub key: Keypair,
}

impl Person {
    /// Their address.
    pub fn address(&self) -> Pubkey {
        self.key.pubkey()
    }
}

/// What is not usual about a vault.
#[derive(Clone, Debug)]
pub struct VaultSpec {
    /// Asset.
    pub mint: Pubkey,
    /// Class.
    pub class: u8,
    /// What it may hold.
    pub asset_class_mask: u32,
    /// Management fee, bps a year.
    pub management_fee_bps: u16,
    /// Performance fee, bps.
    pub performance_fee_bps: u16,
    /// Limits.
    pub limits: VaultLimits,
    /// Seed, atoms.
    pub seed_atoms: u64,
}

impl VaultSpec {
    /// A vault of `mint` and `class` with the usual limits and no fees.
    pub fn new(mint: Pubkey, class: u8) -> Self {
        Self {
            mint,
            class,
            asset_class_mask: asset_class::ALL,
            management_fee_bps: 0,
            performance_fee_bps: 0,
            limits: usual_limits(),
            seed_atoms: 1_000_000,
        }
    }
}

/// Limits that let ordinary business through.
pub fn usual_limits() -> VaultLimits {
    VaultLimits {
        deposit_cap_atoms: u64::MAX,
        min_move_atoms: 1_000,
        turnover_window_secs: 7 * 86_400,
        loss_window_secs: 7 * 86_400,
        cooldown_secs: 3_600,
        profit_unlock_secs: 21_600,
        min_horizon_secs: 0,
        idle_buffer_bps: 500,
        turnover_cap_bps: 20_000,
        loss_call_bps: 100,
        loss_window_bps: 200,
        // A stake pool keeps little at hand, and no venue of the sandbox is a bank run by default.
        min_liquidity_bps: 0,
        max_utilisation_bps: 9_800,
        settle_secs: 60,
        decision_ttl_secs: 7 * 86_400,
        inflow_window_secs: 86_400,
        reduction_rest_secs: 600,
        inflow_cap_bps: 20_000,
        latch_bps: 10,
        dead_band_bps: 10,
        reserved: 0,
    }
}

/// Who runs things on a deployment.
pub struct Authorities {
    /// Governance.
    pub governance: Keypair,
    /// Guardian.
    pub guardian: Keypair,
    /// Keeper of every vault.
    pub keeper: Keypair,
    /// Where fees go.
    pub fee_recipient: Keypair,
}

/// A world with Ballast initialised on it.
pub struct Deployment {
    /// The chain.
    pub world: World,
    /// Governance.
    pub governance: Keypair,
    /// Guardian.
    pub guardian: Keypair,
    /// Keeper of every vault made here.
    pub keeper: Keypair,
    /// Where fees go.
    pub fee_recipient: Keypair,
    /// The approved model.
    pub model: Pubkey,
}

/// Hash of the model approved on a new deployment.
pub const MODEL_HASH: [u8; 32] = [7; 32];

impl Deployment {
    /// A world at `start_ts` with config and one approved model.
    pub fn new(programs: &Programs, start_ts: i64) -> Result<Self, DeploymentError> {
        let mut deployment = Self::bare(programs, start_ts)?;
        deployment.initialise()?;
        Ok(deployment)
    }

    /// The same on a given world with given authorities, so that every address can be had again.
    pub fn with_authorities(world: World, authorities: Authorities) -> Result<Self, DeploymentError> {
        let mut deployment = Self::on(world, authorities)?;
        deployment.initialise()?;
        Ok(deployment)
    }

    fn initialise(&mut self) -> Result<(), DeploymentError> {
        let payer = self.world.payer.pubkey();
        let (governance, guardian) = (self.governance.pubkey(), self.guardian.pubkey());
        self.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[])?;
        self.govern(&[instruction::approve_model(payer, governance, MODEL_HASH)])?;
        Ok(())
    }

    /// The same before anything was initialised.
    pub fn bare(programs: &Programs, start_ts: i64) -> Result<Self, DeploymentError> {
        let [governance, guardian, keeper, fee_recipient] = [(); 4].map(|()| Keypair::new());
        let authorities = Authorities { governance, guardian, keeper, fee_recipient };
        Self::on(World::new(programs, start_ts)?, authorities)
    }

    fn on(mut world: World, authorities: Authorities) -> Result<Self, DeploymentError> {
        let Authorities { governance, guardian, keeper, fee_recipient } = authorities;
        for key in [&governance, &guardian, &keeper, &fee_recipient] {
            world.give_lamports(&key.pubkey(), 1_000_000_000_000)?;
        }
        Ok(Self { world, governance, guardian, keeper, fee_recipient, model: address::model(&MODEL_HASH) })
    }

    /// Sends `instructions`, paid by the world.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Done, DeploymentError> {
        Ok(self.world.send(instructions, signers)?)
    }

    /// Sends `instructions` signed by governance.
    pub fn govern(&mut self, instructions: &[Instruction]) -> Result<Done, DeploymentError> {
        Ok(self.world.send(instructions, &[&self.governance])?)
    }

    /// A new mint of the Token program.
    pub fn mint(&mut self, decimals: u8) -> Result<Pubkey, DeploymentError> {
        let key = Pubkey::new_unique();
        token::set_mint(&mut self.world, &key, Some(&self.governance.pubkey()), 0, decimals)?;
        Ok(key)
    }

    /// Somebody with `atoms` of `mint`, some lamports, and the mandate given.
    pub fn person(&mut self, mint: &Pubkey, atoms: u64, mandate: Mandate) -> Result<Person, DeploymentError> {
        let person = self.stranger(mint, atoms)?;
        self.send(&[instruction::set_profile(person.address(), mandate)], &[&person.key])?;
        Ok(person)
    }

    /// Somebody with `atoms` of `mint`, some lamports, and no profile.
    pub fn stranger(&mut self, mint: &Pubkey, atoms: u64) -> Result<Person, DeploymentError> {
        let key = Keypair::new();
        self.world.give_lamports(&key.pubkey(), 100_000_000_000)?;
        token::fund(&mut self.world, &key.pubkey(), mint, atoms)?;
        Ok(Person { key })
    }

    /// A mandate that accepts everything, with a horizon ten years off.
    pub fn open_mandate(&self) -> Mandate {
        Mandate {
            tolerance: 2,
            asset_classes: asset_class::ALL,
            horizon_ts: self.world.now().saturating_add(315_360_000),
            mix_bps: [10_000, 0, 0],
            max_drawdown_bps: 5_000,
            glide: false,
        }
    }

    /// Creates a vault, its seed from the world's payer.
    pub fn create_vault(&mut self, spec: &VaultSpec) -> Result<Pubkey, DeploymentError> {
        let payer = self.world.payer.pubkey();
        let seed_source = token::fund(&mut self.world, &payer, &spec.mint, spec.seed_atoms)?;
        let params = self.vault_params(spec);
        let governance = self.governance.pubkey();
        self.govern(&[instruction::create_vault(
            payer,
            governance,
            spec.mint,
            address::TOKEN,
            seed_source,
            params,
        )])?;
        let vault = address::vault(&spec.mint, spec.class);
        self.send(
            &[instruction::extend_history(payer, vault), instruction::extend_history(payer, vault)],
            &[],
        )?;
        Ok(vault)
    }

    /// The parameters of `spec`.
    pub fn vault_params(&self, spec: &VaultSpec) -> CreateVaultParams {
        CreateVaultParams {
            class: spec.class,
            asset_class_mask: spec.asset_class_mask,
            keeper: self.keeper.pubkey(),
            fee_recipient: self.fee_recipient.pubkey(),
            management_fee_bps: spec.management_fee_bps,
            performance_fee_bps: spec.performance_fee_bps,
            limits: spec.limits,
            seed_atoms: spec.seed_atoms,
        }
    }

    /// Lists `venue` for vaults of `asset_mint`.
    pub fn list(
        &mut self,
        venue: &Pubkey,
        adapter: u8,
        asset_mint: &Pubkey,
    ) -> Result<Pubkey, DeploymentError> {
        self.list_on(venue, &usual_strategy(adapter), asset_mint)
    }

    /// Lists a strategy on the given terms.
    pub fn list_on(
        &mut self,
        venue: &Pubkey,
        params: &StrategyParams,
        asset_mint: &Pubkey,
    ) -> Result<Pubkey, DeploymentError> {
        let program = match params.adapter {
            kind::KAMINO_LEND => address::KAMINO_LEND,
            kind::RAYDIUM_CPMM => address::RAYDIUM_CPMM,
            _ => address::SPL_STAKE_POOL,
        };
        let (payer, governance) = (self.world.payer.pubkey(), self.governance.pubkey());
        let leg_mint = self.leg_mint(venue, params.adapter, asset_mint);
        let list =
            instruction::list_strategy(payer, governance, *venue, program, *asset_mint, leg_mint, *params);
        self.govern(&[list])?;
        Ok(address::strategy(venue, asset_mint))
    }

    /// The other leg of the pair at `venue`; none where the venue has none, or cannot be read.
    pub fn leg_mint(&self, venue: &Pubkey, adapter: u8, asset_mint: &Pubkey) -> Option<Pubkey> {
        let root = self.data(venue, "venue").ok()?;
        venue::leg_mint(adapter, venue, &root, asset_mint).ok()?
    }

    /// Gives `vault` a slot for `strategy`. Returns its index.
    pub fn add_allocation(
        &mut self,
        vault: &Pubkey,
        strategy: &Pubkey,
        absolute_cap_atoms: u64,
        relative_cap_bps: u16,
    ) -> Result<u8, DeploymentError> {
        let index = self.vault(vault)?.allocation_count;
        let state = self.strategy(strategy)?;
        let (payer, governance) = (self.world.payer.pubkey(), self.governance.pubkey());
        self.govern(&[instruction::add_allocation(
            payer,
            governance,
            *vault,
            *strategy,
            &state,
            instruction::Place { replaces: None, absolute_cap_atoms, relative_cap_bps },
        )])?;
        Ok(index)
    }

    /// Guards the price of `mint` by a feed whose id is the mint's bytes, published at [`price_account`].
    pub fn guard_price(&mut self, mint: &Pubkey) -> Result<(), DeploymentError> {
        let (payer, governance) = (self.world.payer.pubkey(), self.governance.pubkey());
        self.govern(&[instruction::set_price_guard(payer, governance, *mint, usual_guard(mint))])?;
        Ok(())
    }

    /// Publishes a price of `mint`.
    pub fn publish(&mut self, mint: &Pubkey, quote: Quote) -> Result<(), DeploymentError> {
        Ok(oracle::publish(&mut self.world, &price_account(mint), mint.to_bytes(), quote)?)
    }

    fn data(&self, key: &Pubkey, what: &'static str) -> Result<Vec<u8>, DeploymentError> {
        Ok(self.world.expect_account(key, what)?.data)
    }

    /// The vault at `key`.
    pub fn vault(&self, key: &Pubkey) -> Result<Vault, DeploymentError> {
        Ok(ballast_client::decode_vault(&self.data(key, "vault")?)?)
    }

    /// The strategy at `key`.
    pub fn strategy(&self, key: &Pubkey) -> Result<Strategy, DeploymentError> {
        Ok(ballast_client::decode_strategy(&self.data(key, "strategy")?)?)
    }

    /// The position of `owner` in `vault`.
    pub fn position(&self, vault: &Pubkey, owner: &Pubkey) -> Result<Position, DeploymentError> {
        Ok(ballast_client::decode_position(&self.data(&address::position(vault, owner), "position")?)?)
    }

    /// Decision number `sequence` of `vault`.
    pub fn decision(&self, vault: &Pubkey, sequence: u64) -> Result<Decision, DeploymentError> {
        Ok(ballast_client::decode_decision(&self.data(&address::decision(vault, sequence), "decision")?)?)
    }

    /// Slot `index` of `vault`.
    pub fn allocation(&self, vault: &Pubkey, index: u8) -> Result<Allocation, DeploymentError> {
        self.vault(vault)?.allocations.get(usize::from(index)).copied().ok_or(DeploymentError::Slot(index))
    }

    /// Venue accounts of slot `index` of `vault`.
    pub fn venue(&self, vault: &Pubkey, index: u8) -> Result<VenueAccounts, DeploymentError> {
        let state = self.vault(vault)?;
        let allocation = state.allocations.get(usize::from(index)).ok_or(DeploymentError::Slot(index))?;
        let strategy = self.strategy(&allocation.strategy)?;
        let root = self.world.account(&strategy.root())?.map(|account| account.data).unwrap_or_default();
        let guard_account = |mint: &Pubkey| -> Result<Pubkey, DeploymentError> {
            let data = self.data(&address::price_guard(mint), "price guard")?;
            Ok(ballast_client::decode_price_guard(&data)?.account)
        };
        let prices = if strategy.adapter == kind::RAYDIUM_CPMM {
            Some(PriceAccounts {
                leg: guard_account(&strategy.leg_mint)?,
                asset: guard_account(&strategy.asset_mint)?,
            })
        } else {
            None
        };
        VenueAccounts::new(vault, allocation, &strategy, &root, prices)
            .map_err(|why| DeploymentError::Venue(index, why))
    }

    /// `refresh_allocation` of slot `index`.
    pub fn refresh(&self, vault: &Pubkey, index: u8) -> Result<Instruction, DeploymentError> {
        Ok(instruction::refresh_allocation(
            *vault,
            &self.allocation(vault, index)?,
            index,
            &self.venue(vault, index)?,
            self.world.account(&address::history(vault))?.is_some(),
        ))
    }

    /// `refresh_allocation` of every slot in use.
    pub fn refresh_all(&self, vault: &Pubkey) -> Result<Vec<Instruction>, DeploymentError> {
        (0..self.vault(vault)?.allocation_count).map(|index| self.refresh(vault, index)).collect()
    }

    fn after_refresh(&self, vault: &Pubkey, last: Instruction) -> Result<Vec<Instruction>, DeploymentError> {
        let mut instructions = self.refresh_all(vault)?;
        instructions.push(last);
        Ok(instructions)
    }

    /// Refreshes everything and deposits.
    pub fn deposit(&mut self, person: &Person, vault: &Pubkey, atoms: u64) -> Result<Done, DeploymentError> {
        let last = instruction::deposit(person.address(), *vault, &self.vault(vault)?, atoms, 0);
        let all = self.after_refresh(vault, last)?;
        self.send(&all, &[&person.key])
    }

    /// Refreshes everything and withdraws from idle.
    pub fn withdraw(
        &mut self,
        person: &Person,
        vault: &Pubkey,
        shares: u64,
    ) -> Result<Done, DeploymentError> {
        let last = instruction::withdraw(person.address(), *vault, &self.vault(vault)?, shares, 0, false);
        let all = self.after_refresh(vault, last)?;
        self.send(&all, &[&person.key])
    }

    /// Refreshes everything and withdraws by unwinding a slot.
    pub fn withdraw_from(
        &mut self,
        person: &Person,
        vault: &Pubkey,
        exit: Exit,
    ) -> Result<Done, DeploymentError> {
        let (allocation, venue) = (self.allocation(vault, exit.index)?, self.venue(vault, exit.index)?);
        let last = instruction::withdraw_from(
            person.address(),
            *vault,
            &self.vault(vault)?,
            &allocation,
            &venue,
            exit,
        );
        let all = self.after_refresh(vault, last)?;
        self.send(&all, &[&person.key])
    }

    /// Refreshes everything and records a decision.
    pub fn rebalance(
        &mut self,
        vault: &Pubkey,
        targets_bps: [u16; MAX_ALLOCATIONS],
    ) -> Result<Done, DeploymentError> {
        let state = self.vault(vault)?;
        let last =
            instruction::rebalance(self.keeper.pubkey(), *vault, &state, self.model, targets_bps, [0; 32]);
        let all = self.after_refresh(vault, last)?;
        Ok(self.world.send(&all, &[&self.keeper])?)
    }

    /// Refreshes everything and moves funds of slot `index`.
    pub fn allocate(
        &mut self,
        vault: &Pubkey,
        index: u8,
        direction: Direction,
        amount: u64,
    ) -> Result<Done, DeploymentError> {
        let payer = self.world.payer.pubkey();
        let venue = self.venue(vault, index)?;
        let last = instruction::allocate(
            payer,
            *vault,
            &self.vault(vault)?,
            instruction::Move { index, direction, amount, as_guardian: false },
            &venue,
        );
        let all = self.after_refresh(vault, last.ok_or(DeploymentError::Slot(index))?)?;
        self.send(&all, &[])
    }
}

/// Where a deployment publishes the price of `mint`.
pub fn price_account(mint: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[b"price", mint.as_ref()], &address::PYTH_RECEIVER).0
}

/// The guard a deployment sets for `mint`: a minute of age, 1% of confidence, 10% from the average.
pub fn usual_guard(mint: &Pubkey) -> PriceGuardParams {
    PriceGuardParams {
        source: price_source::PYTH_PULL,
        account: price_account(mint),
        feed_id: mint.to_bytes(),
        max_age_secs: 60,
        max_conf_bps: 100,
        max_ema_divergence_bps: 1_000,
    }
}

/// The terms a deployment lists strategies on: 1% slippage and 2% divergence for pools.
pub fn usual_strategy(adapter: u8) -> StrategyParams {
    let is_pool = adapter == kind::RAYDIUM_CPMM;
    StrategyParams {
        adapter,
        risk_factors: [1, 0, 0, 0, 0, 0, 0, 0],
        max_slippage_bps: if is_pool { 100 } else { 0 },
        max_divergence_bps: if is_pool { 200 } else { 0 },
    }
}

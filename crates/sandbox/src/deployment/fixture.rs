//! Everything at once: a USDC vault with lending and a pool, a SOL vault with a stake pool and lending.

use ballast::adapters::kind;
use ballast_client::address;
use kamino_lend::fixture::ReserveBuilder;
use raydium_cpmm::fixture::ConfigBuilder;
use solana_pubkey::Pubkey;

use super::{Deployment, DeploymentError, VaultSpec};
use crate::elf::Programs;
use crate::oracle::Quote;
use crate::{kamino, raydium, stake_pool, token};

/// How many venues to deploy, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixtureSpec {
    /// Kamino USDC reserves, each in a market of its own.
    pub reserves: usize,
    /// Whether there is a SOL/USDC pool.
    pub pool: bool,
    /// Whether there is a SOL vault with a stake pool.
    pub stake_pool: bool,
}

impl Default for FixtureSpec {
    fn default() -> Self {
        Self { reserves: 2, pool: true, stake_pool: true }
    }
}

/// Everything that is deployed.
pub struct Fixture {
    /// World, authorities and helpers.
    pub deployment: Deployment,
    /// The dollar.
    pub usdc: Pubkey,
    /// Growth vault of USDC; slots 0.. are the reserves, then the pool.
    pub usdc_vault: Pubkey,
    /// Growth vault of SOL; slot 0 is the stake pool. Default where there is none.
    pub sol_vault: Pubkey,
    /// The reserves.
    pub reserves: Vec<kamino::Reserve>,
    /// The SOL/USDC pool.
    pub pool: Option<raydium::Pool>,
    /// The stake pool.
    pub stake_pool: Option<stake_pool::StakePool>,
}

/// Dollars for a SOL, times 1e8, where nobody says otherwise.
const SOL_PRICE_E8: i64 = 15_000_000_000;
const USDC_PRICE_E8: i64 = 100_000_000;

impl Fixture {
    /// The default fixture at a fixed time.
    pub fn new(programs: &Programs) -> Result<Self, DeploymentError> {
        Self::build(programs, 1_700_000_000, FixtureSpec::default())
    }

    /// The fixture that `spec` asks for, at `start_ts`.
    pub fn build(programs: &Programs, start_ts: i64, spec: FixtureSpec) -> Result<Self, DeploymentError> {
        let mut deployment = Deployment::new(programs, start_ts)?;
        let usdc = deployment.mint(6)?;
        for mint in [usdc, address::WRAPPED_SOL] {
            deployment.guard_price(&mint)?;
        }
        let usdc_vault = deployment.create_vault(&VaultSpec::new(usdc, 2))?;
        let mut fixture = Self {
            deployment,
            usdc,
            usdc_vault,
            sol_vault: Pubkey::default(),
            reserves: Vec::new(),
            pool: None,
            stake_pool: None,
        };
        fixture.publish_prices(SOL_PRICE_E8, USDC_PRICE_E8)?;
        for _ in 0..spec.reserves {
            fixture.add_reserve()?;
        }
        if spec.pool {
            fixture.add_pool()?;
        }
        if spec.stake_pool {
            fixture.add_sol_vault()?;
        }
        Ok(fixture)
    }

    /// Publishes both prices now, 5 bps wide, at their averages.
    pub fn publish_prices(&mut self, sol_e8: i64, usdc_e8: i64) -> Result<(), DeploymentError> {
        let now = self.deployment.world.now();
        self.deployment.publish(&address::WRAPPED_SOL, Quote::at(sol_e8, 5, now))?;
        self.deployment.publish(&self.usdc.clone(), Quote::at(usdc_e8, 1, now))
    }

    /// Publishes the usual prices now.
    pub fn publish_usual_prices(&mut self) -> Result<(), DeploymentError> {
        self.publish_prices(SOL_PRICE_E8, USDC_PRICE_E8)
    }

    /// Lets so much time pass that deposits count and every venue of `vault` was read in an earlier period; then
    /// publishes the usual prices.
    pub fn settle(&mut self, vault: &Pubkey) -> Result<(), DeploymentError> {
        let refreshes = self.deployment.refresh_all(vault)?;
        self.deployment.send(&refreshes, &[])?;
        let secs = u64::from(self.deployment.vault(vault)?.limits.settle_secs);
        self.deployment.world.pass_secs(secs.saturating_mul(2));
        self.publish_usual_prices()
    }

    /// A reserve of 100 million USDC at 80% utilisation, with a slot in the USDC vault. Returns its index.
    pub fn add_reserve(&mut self) -> Result<u8, DeploymentError> {
        const MILLION: u64 = 1_000_000_000_000;
        let key = Pubkey::new_unique();
        let mut builder = ReserveBuilder::new(key, Pubkey::new_unique(), self.usdc, 6);
        builder.last_slot = self.deployment.world.clock().slot;
        builder.available_atoms = 20 * MILLION;
        builder.borrowed_atoms = 80 * MILLION;
        // A rate that is not one, as every reserve with a past has.
        builder.collateral_supply = 95 * MILLION;
        let reserve = kamino::create(&mut self.deployment.world, key, &builder)?;
        let strategy = self.deployment.list(&key, kind::KAMINO_LEND, &self.usdc.clone())?;
        self.reserves.push(reserve);
        self.deployment.add_allocation(&self.usdc_vault.clone(), &strategy, u64::MAX, 10_000)
    }

    /// A pool of 15 million USDC and 100,000 SOL, with a slot in the USDC vault. Returns its index.
    pub fn add_pool(&mut self) -> Result<u8, DeploymentError> {
        let tokens = [(self.usdc, 6, 15_000_000_000_000), (address::WRAPPED_SOL, 9, 100_000_000_000_000)];
        let pool = raydium::create(&mut self.deployment.world, &ConfigBuilder::new(), tokens)?;
        let strategy = self.deployment.list(&pool.key, kind::RAYDIUM_CPMM, &self.usdc.clone())?;
        self.pool = Some(pool);
        self.deployment.add_allocation(&self.usdc_vault.clone(), &strategy, u64::MAX, 10_000)
    }

    /// A SOL vault whose slot 0 is a stake pool of 1 million SOL at 1.1 SOL a token, fees of 0.1% to leave.
    pub fn add_sol_vault(&mut self) -> Result<(), DeploymentError> {
        const SOL: u64 = 1_000_000_000;
        let vault = self.deployment.create_vault(&VaultSpec::new(address::WRAPPED_SOL, 2))?;
        let epoch = self.deployment.world.clock().epoch;
        let fees = stake_pool::Fees { epoch: (5, 100), sol_deposit: (0, 1), sol_withdrawal: (1, 1_000) };
        let key = Pubkey::new_unique();
        let pool = stake_pool::create(
            &mut self.deployment.world,
            key,
            1_100_000 * SOL,
            1_000_000 * SOL,
            epoch,
            fees,
        )?;
        let strategy = self.deployment.list(&key, kind::SPL_STAKE_POOL, &address::WRAPPED_SOL)?;
        self.deployment.add_allocation(&vault, &strategy, u64::MAX, 10_000)?;
        self.sol_vault = vault;
        self.stake_pool = Some(pool);
        Ok(())
    }

    /// Puts every account that instructions on both vaults share into a lookup table, as a real client would.
    pub fn add_lookup_table(&mut self) -> Result<(), DeploymentError> {
        let mut keys = vec![
            address::PROGRAM,
            address::event_authority(),
            address::TOKEN,
            address::SYSTEM,
            self.deployment.model,
        ];
        for vault in [self.usdc_vault, self.sol_vault].into_iter().filter(|vault| *vault != Pubkey::default())
        {
            let state = self.deployment.vault(&vault)?;
            keys.extend([vault, state.asset_mint, state.idle_account]);
            for index in 0..state.allocation_count {
                let allocation = self.deployment.allocation(&vault, index)?;
                keys.extend([allocation.strategy, allocation.receipt_account]);
                keys.extend(self.deployment.venue(&vault, index)?.movement.iter().map(|meta| meta.pubkey));
            }
        }
        keys.sort();
        keys.dedup();
        self.deployment.world.add_lookup_table(&keys)?;
        Ok(())
    }

    /// Atoms of `mint` that `owner` has in their associated account.
    pub fn balance(&self, owner: &Pubkey, mint: &Pubkey) -> Result<u64, DeploymentError> {
        Ok(token::balance(&self.deployment.world, &address::token_account(owner, mint, &address::TOKEN))?)
    }
}

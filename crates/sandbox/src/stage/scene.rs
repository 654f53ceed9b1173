//! A full cast: a USDC vault with lending and a pool, a SOL vault with a stake pool and lending.

use ballast::adapters::kind;
use ballast_client::address;
use kamino_lend::fixture::ReserveBuilder;
use raydium_cpmm::fixture::ConfigBuilder;
use solana_pubkey::Pubkey;

use super::{Stage, StageError, VaultSpec};
use crate::elf::Programs;
use crate::oracle::Quote;
use crate::{kamino, raydium, stake_pool, token};

/// How many venues to put on stage, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SceneSpec {
    /// Kamino USDC reserves, each in a market of its own.
    pub reserves: usize,
    /// Whether there is a SOL/USDC pool.
    pub pool: bool,
    /// Whether there is a SOL vault with a stake pool.
    pub stake_pool: bool,
}

impl Default for SceneSpec {
    fn default() -> Self {
        Self { reserves: 2, pool: true, stake_pool: true }
    }
}

/// Everything on stage.
pub struct Scene {
    /// World, authorities and helpers.
    pub stage: Stage,
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

impl Scene {
    /// The default cast at a fixed time.
    pub fn new(programs: &Programs) -> Result<Self, StageError> {
        Self::build(programs, 1_700_000_000, SceneSpec::default())
    }

    /// The cast that `spec` asks for, at `start_ts`.
    pub fn build(programs: &Programs, start_ts: i64, spec: SceneSpec) -> Result<Self, StageError> {
        let mut stage = Stage::new(programs, start_ts)?;
        let usdc = stage.mint(6)?;
        for mint in [usdc, address::WRAPPED_SOL] {
            stage.guard_price(&mint)?;
        }
        let usdc_vault = stage.create_vault(&VaultSpec::new(usdc, 2))?;
        let mut scene = Self {
            stage,
            usdc,
            usdc_vault,
            sol_vault: Pubkey::default(),
            reserves: Vec::new(),
            pool: None,
            stake_pool: None,
        };
        scene.publish_prices(SOL_PRICE_E8, USDC_PRICE_E8)?;
        for _ in 0..spec.reserves {
            scene.add_reserve()?;
        }
        if spec.pool {
            scene.add_pool()?;
        }
        if spec.stake_pool {
            scene.add_sol_vault()?;
        }
        Ok(scene)
    }

    /// Publishes both prices now, 5 bps wide, at their averages.
    pub fn publish_prices(&mut self, sol_e8: i64, usdc_e8: i64) -> Result<(), StageError> {
        let now = self.stage.world.now();
        self.stage.publish(&address::WRAPPED_SOL, Quote::at(sol_e8, 5, now))?;
        self.stage.publish(&self.usdc.clone(), Quote::at(usdc_e8, 1, now))
    }

    /// Publishes the usual prices now.
    pub fn publish_usual_prices(&mut self) -> Result<(), StageError> {
        self.publish_prices(SOL_PRICE_E8, USDC_PRICE_E8)
    }

    /// Lets so much time pass that deposits count and every venue of `vault` was read in an earlier period; then
    /// publishes the usual prices.
    pub fn settle(&mut self, vault: &Pubkey) -> Result<(), StageError> {
        let refreshes = self.stage.refresh_all(vault)?;
        self.stage.send(&refreshes, &[])?;
        let secs = u64::from(self.stage.vault(vault)?.limits.settle_secs);
        self.stage.world.pass_secs(secs.saturating_mul(2));
        self.publish_usual_prices()
    }

    /// A reserve of 100 million USDC at 80% utilisation, with a slot in the USDC vault. Returns its index.
    pub fn add_reserve(&mut self) -> Result<u8, StageError> {
        const MILLION: u64 = 1_000_000_000_000;
        let key = Pubkey::new_unique();
        let mut builder = ReserveBuilder::new(key, Pubkey::new_unique(), self.usdc, 6);
        builder.last_slot = self.stage.world.clock().slot;
        builder.available_atoms = 20 * MILLION;
        builder.borrowed_atoms = 80 * MILLION;
        // A rate that is not one, as every reserve with a past has.
        builder.collateral_supply = 95 * MILLION;
        let reserve = kamino::create(&mut self.stage.world, key, &builder)?;
        let strategy = self.stage.list(&key, kind::KAMINO_LEND, &self.usdc.clone())?;
        self.reserves.push(reserve);
        self.stage.add_allocation(&self.usdc_vault.clone(), &strategy, u64::MAX, 10_000)
    }

    /// A pool of 15 million USDC and 100,000 SOL, with a slot in the USDC vault. Returns its index.
    pub fn add_pool(&mut self) -> Result<u8, StageError> {
        let tokens = [(self.usdc, 6, 15_000_000_000_000), (address::WRAPPED_SOL, 9, 100_000_000_000_000)];
        let pool = raydium::create(&mut self.stage.world, &ConfigBuilder::new(), tokens)?;
        let strategy = self.stage.list(&pool.key, kind::RAYDIUM_CPMM, &self.usdc.clone())?;
        self.pool = Some(pool);
        self.stage.add_allocation(&self.usdc_vault.clone(), &strategy, u64::MAX, 10_000)
    }

    /// A SOL vault whose slot 0 is a stake pool of 1 million SOL at 1.1 SOL a token, fees of 0.1% to leave.
    pub fn add_sol_vault(&mut self) -> Result<(), StageError> {
        const SOL: u64 = 1_000_000_000;
        let vault = self.stage.create_vault(&VaultSpec::new(address::WRAPPED_SOL, 2))?;
        let epoch = self.stage.world.clock().epoch;
        let fees = stake_pool::Fees { epoch: (5, 100), sol_deposit: (0, 1), sol_withdrawal: (1, 1_000) };
        let key = Pubkey::new_unique();
        let pool =
            stake_pool::create(&mut self.stage.world, key, 1_100_000 * SOL, 1_000_000 * SOL, epoch, fees)?;
        let strategy = self.stage.list(&key, kind::SPL_STAKE_POOL, &address::WRAPPED_SOL)?;
        self.stage.add_allocation(&vault, &strategy, u64::MAX, 10_000)?;
        self.sol_vault = vault;
        self.stake_pool = Some(pool);
        Ok(())
    }

    /// Puts every account that instructions on both vaults share into a lookup table, as a real client would.
    pub fn add_lookup_table(&mut self) -> Result<(), StageError> {
        let mut keys = vec![
            address::PROGRAM,
            address::event_authority(),
            address::TOKEN,
            address::SYSTEM,
            self.stage.model,
        ];
        for vault in [self.usdc_vault, self.sol_vault].into_iter().filter(|vault| *vault != Pubkey::default())
        {
            let state = self.stage.vault(&vault)?;
            keys.extend([vault, state.asset_mint, state.idle_account]);
            for index in 0..state.allocation_count {
                let allocation = self.stage.allocation(&vault, index)?;
                keys.extend([allocation.strategy, allocation.receipt_account]);
                keys.extend(self.stage.venue(&vault, index)?.movement.iter().map(|meta| meta.pubkey));
            }
        }
        keys.sort();
        keys.dedup();
        self.stage.world.add_lookup_table(&keys)?;
        Ok(())
    }

    /// Atoms of `mint` that `owner` has in their associated account.
    pub fn balance(&self, owner: &Pubkey, mint: &Pubkey) -> Result<u64, StageError> {
        Ok(token::balance(&self.stage.world, &address::token_account(owner, mint, &address::TOKEN))?)
    }
}

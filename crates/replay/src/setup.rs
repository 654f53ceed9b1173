//! The world of a replay: one vault, its venues and its oracles.

use ballast::adapters::kind;
use ballast::state::{MAX_RISK_FACTORS, PriceGuardParams, StrategyParams};
use ballast_client::{VenueAccounts, address, instruction, risk_factor_id};
use ballast_engine::market::{MarketStep, Quote};
use ballast_math::MAX_ALLOCATIONS;
use ballast_sandbox::{
    Authorities, Deployment, DeploymentError, Programs, VaultSpec, World, kamino, oracle, price_account,
    raydium, stake_pool, token, usual_guard, usual_strategy,
};
use kamino_lend::curve::CurvePoint;
use kamino_lend::fixture::ReserveBuilder;
use raydium_cpmm::fixture::ConfigBuilder;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::ReplayError;
use crate::keys::{address as named, keypair};
use crate::settings::{Asset, CURVE, CURVE_TAKE_PCT, ReplaySettings};

/// What others supplied to each reserve at the start, dollars.
const RESERVE_USD: u64 = 40_000_000;
/// What others hold of each side of the pool at the start, dollars.
const POOL_SIDE_USD: u64 = 10_000_000;
/// SOL in the stake pool, and in each reserve of a SOL vault.
const STAKED_SOL: u64 = 2_000_000;
const RESERVE_SOL: u64 = 500_000;
/// How good a stable coin's price must be: 15 bps wide and half a percent from its average at most. Quiet
/// days have 5 bps and 10 bps.
const STABLE_CONF_BPS: u16 = 15;
const STABLE_DIVERGENCE_BPS: u16 = 50;

/// The markets that the reserves stand for, by number: the engine's model knows these names.
const MARKETS: [&str; MAX_ALLOCATIONS] = [
    "market:kamino-main",
    "market:kamino-prime",
    "market:kamino-altcoins",
    "market:kamino-jlp",
    "market:kamino-5",
    "market:kamino-6",
    "market:kamino-7",
    "market:kamino-8",
];

/// A venue behind a slot.
#[derive(Clone, Copy, Debug)]
pub enum Venue {
    /// A lending reserve, with its number among the market's reserves.
    Lending(kamino::Reserve, usize),
    /// The SOL/stable pool.
    Pool(raydium::Pool),
    /// The stake pool.
    Stake(stake_pool::StakePool),
}

/// A slot of the vault.
pub struct Slot {
    /// Its name in the report.
    pub name: String,
    /// Its number.
    pub index: u8,
    /// Where its money goes.
    pub venue: Venue,
    /// The venue's accounts.
    pub accounts: VenueAccounts,
}

/// Everything a replay acts on.
pub struct ReplaySetup {
    /// World, authorities and the usual instructions.
    pub deployment: Deployment,
    /// The vault.
    pub vault: Pubkey,
    /// Its asset.
    pub asset: Asset,
    /// Mint of the asset.
    pub asset_mint: Pubkey,
    /// Mint of the stable coin.
    pub stable_mint: Pubkey,
    /// The slots, in the vault's order.
    pub slots: Vec<Slot>,
}

/// Seconds by which venues compute interest: klend's year has 63,072,000 slots.
pub const SLOT_MILLIS: u64 = 500;

impl ReplaySetup {
    /// Builds the world in which `settings` run, at the first prices of `steps`.
    pub fn new(
        programs: &Programs,
        settings: &ReplaySettings,
        reserve_names: &[String],
        steps: &[MarketStep],
    ) -> Result<Self, ReplayError> {
        let world = World::with_payer(programs, settings.from_ts, keypair("payer"))?;
        let authorities = Authorities {
            governance: keypair("governance"),
            guardian: keypair("guardian"),
            keeper: keypair("keeper"),
            fee_recipient: keypair("fees"),
        };
        let mut deployment = Deployment::with_authorities(world, authorities)?;
        let stable_mint = named("stable mint");
        let governance = deployment.governance.pubkey();
        token::set_mint(&mut deployment.world, &stable_mint, Some(&governance), 0, Asset::Usdc.decimals())?;
        let asset_mint = match settings.asset {
            Asset::Usdc => stable_mint,
            Asset::Sol => address::WRAPPED_SOL,
        };
        deployment.guard_price(&address::WRAPPED_SOL)?;
        guard_stable(&mut deployment, &stable_mint)?;
        let spec = VaultSpec {
            class: settings.class.number(),
            asset_class_mask: settings.class.asset_classes(settings.asset),
            management_fee_bps: settings.management_fee_bps,
            performance_fee_bps: settings.performance_fee_bps,
            // The smallest move is a thousandth of the first deposit.
            limits: settings.class.limits(settings.asset, (settings.deposit_atoms()? / 1_000).max(1)),
            seed_atoms: settings.asset.unit(),
            ..VaultSpec::new(asset_mint, settings.class.number())
        };
        let vault = deployment.create_vault(&spec)?;
        let mut setup =
            Self { deployment, vault, asset: settings.asset, asset_mint, stable_mint, slots: Vec::new() };
        setup.add_venues(settings, reserve_names, steps)?;
        setup.add_lookup_table()?;
        Ok(setup)
    }

    fn add_venues(
        &mut self,
        settings: &ReplaySettings,
        reserve_names: &[String],
        steps: &[MarketStep],
    ) -> Result<(), ReplayError> {
        let caps = settings.caps();
        if self.asset == Asset::Sol {
            let pool = self.create_stake_pool()?;
            self.add_slot("stake", Venue::Stake(pool), kind::SPL_STAKE_POOL, pool.key, caps.stake_bps)?;
        }
        for (number, name) in reserve_names.iter().enumerate() {
            let reserve = self.create_reserve(number)?;
            let venue = Venue::Lending(reserve, number);
            self.add_slot(name, venue, kind::KAMINO_LEND, reserve.key, caps.lending_bps)?;
        }
        if settings.has_pool() {
            let prices = first_prices(steps)?;
            let pool = self.create_pool(settings, prices)?;
            self.add_slot("sol-usdc-pool", Venue::Pool(pool), kind::RAYDIUM_CPMM, pool.key, caps.pool_bps)?;
        }
        Ok(())
    }

    fn add_slot(
        &mut self,
        name: &str,
        venue: Venue,
        adapter: u8,
        key: Pubkey,
        cap_bps: u16,
    ) -> Result<(), ReplayError> {
        let terms = StrategyParams { risk_factors: self.risk_factors(&venue), ..usual_strategy(adapter) };
        let strategy = self.deployment.list_on(&key, &terms, &self.asset_mint)?;
        let index = self.deployment.add_allocation(&self.vault, &strategy, u64::MAX, cap_bps)?;
        let accounts = self.deployment.venue(&self.vault, index)?;
        self.slots.push(Slot { name: name.into(), index, venue, accounts });
        Ok(())
    }

    /// What the strategy behind `venue` can be hurt by, as the chain tags it.
    fn risk_factors(&self, venue: &Venue) -> [u32; MAX_RISK_FACTORS] {
        let issuer = (self.asset == Asset::Usdc).then(|| "issuer:circle".to_owned());
        let names: Vec<String> = match venue {
            // Every reserve is a market of its own at one venue.
            Venue::Lending(_, number) => {
                let market = MARKETS.get(*number).copied().unwrap_or("market:unknown");
                ["venue:kamino", market].map(String::from).into_iter().chain(issuer).collect()
            }
            Venue::Pool(_) => ["venue:raydium", "oracle:pyth", "asset:SOL"]
                .map(String::from)
                .into_iter()
                .chain(issuer)
                .collect(),
            Venue::Stake(_) => vec!["venue:spl-stake-pool".into()],
        };
        let mut tags = [0; MAX_RISK_FACTORS];
        for (tag, name) in tags.iter_mut().zip(names) {
            *tag = risk_factor_id(&name);
        }
        tags
    }

    fn create_reserve(&mut self, number: usize) -> Result<kamino::Reserve, DeploymentError> {
        let (key, market) = (named(&format!("reserve {number}")), named(&format!("market {number}")));
        let mut builder = ReserveBuilder::new(key, market, self.asset_mint, self.asset.decimals());
        builder.curve = CURVE
            .iter()
            .map(|(utilisation_bps, borrow_rate_bps)| CurvePoint {
                utilisation_bps: *utilisation_bps,
                borrow_rate_bps: *borrow_rate_bps,
            })
            .collect();
        builder.protocol_take_pct = CURVE_TAKE_PCT;
        builder.last_slot = self.deployment.world.clock().slot;
        let supplied = match self.asset {
            Asset::Usdc => RESERVE_USD,
            Asset::Sol => RESERVE_SOL,
        };
        builder.available_atoms = supplied.saturating_mul(self.asset.unit());
        // A rate that is not one, as every reserve with a past has.
        builder.collateral_supply = builder.available_atoms / 20 * 19;
        Ok(kamino::create(&mut self.deployment.world, key, &builder)?)
    }

    fn create_pool(
        &mut self,
        settings: &ReplaySettings,
        (sol, stable): (Quote, Quote),
    ) -> Result<raydium::Pool, ReplayError> {
        let stable_atoms = POOL_SIDE_USD.saturating_mul(Asset::Usdc.unit());
        let price = sol.price() / stable.price();
        let sol_atoms = (POOL_SIDE_USD as f64 / price * Asset::Sol.unit() as f64) as u64;
        let mut config = ConfigBuilder::new();
        config.rates.trade = u64::from(settings.pool_fee_bps).saturating_mul(100);
        let tokens = [
            (self.stable_mint, Asset::Usdc.decimals(), stable_atoms),
            (address::WRAPPED_SOL, Asset::Sol.decimals(), sol_atoms),
        ];
        Ok(raydium::create(&mut self.deployment.world, &config, tokens)?)
    }

    fn create_stake_pool(&mut self) -> Result<stake_pool::StakePool, ReplayError> {
        let world = &mut self.deployment.world;
        let epoch = world.clock().epoch;
        // 5% of rewards, nothing to enter, 0.1% to leave.
        let fees = stake_pool::Fees { epoch: (5, 100), sol_deposit: (0, 1), sol_withdrawal: (1, 1_000) };
        let atoms = STAKED_SOL.saturating_mul(Asset::Sol.unit());
        Ok(stake_pool::create(world, named("stake pool"), atoms, atoms / 10 * 9, epoch, fees)?)
    }

    /// Without a table the refresh of several slots would not fit a packet.
    fn add_lookup_table(&mut self) -> Result<(), ReplayError> {
        let refreshes = self.deployment.refresh_all(&self.vault)?;
        let mut keys: Vec<Pubkey> = Vec::new();
        let movements = self.slots.iter().flat_map(|slot| slot.accounts.movement.iter());
        let used = refreshes.iter().flat_map(|instruction| instruction.accounts.iter()).chain(movements);
        for meta in used.filter(|meta| !meta.is_signer) {
            if !keys.contains(&meta.pubkey) {
                keys.push(meta.pubkey);
            }
        }
        self.deployment.world.add_lookup_table(&keys)?;
        Ok(())
    }

    /// Publishes `quote` for `mint` at the present time.
    pub fn publish(&mut self, mint: &Pubkey, quote: &Quote) -> Result<(), DeploymentError> {
        let publish_ts = self.deployment.world.now();
        let quote =
            oracle::Quote { price: quote.price_e8, conf: quote.conf_e8, ema: quote.ema_e8, publish_ts };
        self.deployment.publish(mint, quote)
    }

    /// What is assumed about the world, for the report.
    pub fn assumptions(settings: &ReplaySettings) -> Vec<String> {
        let mut lines = vec![
            format!("a slot takes {SLOT_MILLIS} ms, the year by which the lending venue computes interest"),
            format!(
                "fees: {}% a year and {}% of gains",
                f64::from(settings.management_fee_bps) / 100.0,
                f64::from(settings.performance_fee_bps) / 100.0
            ),
            format!("the holders that comes and leaves follows seed {}", settings.seed),
            "a decision is made on what the chain showed at the end of one step and lands in the next".into(),
        ];
        match settings.asset {
            Asset::Usdc => lines
                .push(format!("others supply {RESERVE_USD} dollars to each reserve, borrowed as observed")),
            Asset::Sol => lines.push(format!(
                "others supply {RESERVE_SOL} SOL to each reserve, borrowed as WETH was; {STAKED_SOL} SOL are staked"
            )),
        }
        if settings.has_pool() {
            lines.push(format!(
                "others hold {} dollars of the pool, at a trade fee of {} bps",
                2 * POOL_SIDE_USD,
                settings.pool_fee_bps
            ));
        }
        lines
    }
}

fn guard_stable(deployment: &mut Deployment, mint: &Pubkey) -> Result<(), DeploymentError> {
    let params = PriceGuardParams {
        account: price_account(mint),
        max_conf_bps: STABLE_CONF_BPS,
        max_ema_divergence_bps: STABLE_DIVERGENCE_BPS,
        ..usual_guard(mint)
    };
    let (payer, governance) = (deployment.world.payer.pubkey(), deployment.governance.pubkey());
    deployment.govern(&[instruction::set_price_guard(payer, governance, *mint, params)])?;
    Ok(())
}

fn first_prices(steps: &[MarketStep]) -> Result<(Quote, Quote), ReplayError> {
    steps.iter().find_map(|step| step.sol_usd.zip(step.stable_usd)).ok_or_else(|| {
        ReplayError::Settings("the window has no hour with both prices: no pool to make".into())
    })
}

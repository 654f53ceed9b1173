//! Kamino reserves: making them, moving their utilisation, reading their rates.

use ballast_client::address;
pub use kamino_lend::curve::CurvePoint;
pub use kamino_lend::fixture::ReserveBuilder;
use kamino_lend::fixture::{self, MarketBuilder, ReserveAddresses, edit, rates};
use kamino_lend::reserve::{Now, Reserve as Books};
use solana_pubkey::Pubkey;

use crate::chain::{Chain, ChainError};
use crate::token;

/// A reserve and its accounts.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    /// The reserve.
    pub key: Pubkey,
    /// Its market.
    pub market: Pubkey,
    /// Token account of its liquidity.
    pub liquidity_vault: Pubkey,
    /// Mint of its cTokens.
    pub ctoken_mint: Pubkey,
}

fn fail(why: fixture::FixtureError) -> ChainError {
    ChainError::data("Kamino reserve", why)
}

/// Writes a market at `market` and the reserve that `builder` describes at `reserve`, with its token accounts.
pub fn create(
    chain: &mut impl Chain,
    reserve: Pubkey,
    builder: &ReserveBuilder,
) -> Result<Reserve, ChainError> {
    let market = builder.market;
    chain.set_data(&market, &address::KAMINO_LEND, MarketBuilder::new(market).to_bytes().map_err(fail)?)?;
    chain.set_data(&reserve, &address::KAMINO_LEND, builder.to_bytes().map_err(fail)?)?;
    let (authority, _) = fixture::market_authority(&market);
    let ReserveAddresses { liquidity_vault, fee_vault, collateral_mint, collateral_vault } =
        builder.addresses;
    token::set_token_account(
        chain,
        &liquidity_vault,
        &builder.liquidity_mint,
        &authority,
        builder.available_atoms,
    )?;
    token::set_token_account(chain, &fee_vault, &builder.liquidity_mint, &authority, 0)?;
    token::set_mint(
        chain,
        &collateral_mint,
        Some(&authority),
        builder.collateral_supply,
        builder.liquidity_decimals,
    )?;
    token::set_token_account(chain, &collateral_vault, &collateral_mint, &authority, 0)?;
    Ok(Reserve { key: reserve, market, liquidity_vault, ctoken_mint: collateral_mint })
}

impl Reserve {
    /// Lets outside borrowers bring utilisation to `share` (0 to 1), and the vault's balance with it.
    pub fn set_utilisation(&self, chain: &mut impl Chain, share: f64) -> Result<(), ChainError> {
        let left = self.edit(chain, |data| edit::set_utilisation(data, edit::share(share)?))?;
        token::set_balance(chain, &self.liquidity_vault, left)
    }

    /// Brings interest up to `slot` at `now_ts`, as a refresh by anyone does.
    pub fn accrue(&self, chain: &mut impl Chain, slot: u64, now_ts: i64) -> Result<(), ChainError> {
        let ts = u64::try_from(now_ts).unwrap_or(0);
        self.edit(chain, |data| edit::refresh(data, Now { slot, ts }, 0))
    }

    /// What everybody supplied, interest included, atoms rounded down.
    pub fn supplied_atoms(&self, chain: &impl Chain) -> Result<u64, ChainError> {
        let data = chain.expect_account(&self.key, "Kamino reserve")?.data;
        let supply = Books::load(&data).map_err(|why| fail(why.into()))?.total_supply();
        let supply = supply.map_err(|why| fail(why.into()))?;
        supply.floor().ok_or_else(|| ChainError::data("Kamino reserve", "more than 64 bits"))
    }

    /// Forgives `share` (0 to 1) of the debt: everyone's cTokens are worth less.
    pub fn write_off(&self, chain: &mut impl Chain, share: f64) -> Result<(), ChainError> {
        self.edit(chain, |data| edit::write_off_debt(data, edit::share(share)?))
    }

    /// Changes the debt by `millionths` of itself: everyone's cTokens are worth more or less.
    pub fn change_debt(&self, chain: &mut impl Chain, millionths: i64) -> Result<(), ChainError> {
        const BORROWED_SF: core::ops::Range<usize> = 232..248;
        chain.edit(&self.key, "reserve", |data| {
            let missing = || ChainError::data("Kamino reserve", "too short");
            let field = data.get_mut(BORROWED_SF).ok_or_else(missing)?;
            let debt = u128::from_le_bytes(field.try_into().map_err(|_| missing())?);
            let part = (debt / 1_000_000).saturating_mul(u128::from(millionths.unsigned_abs()));
            let changed = if millionths < 0 { debt.saturating_sub(part) } else { debt.saturating_add(part) };
            field.copy_from_slice(&changed.to_le_bytes());
            Ok(())
        })
    }

    /// Changes the reserve's bytes with one of the stand-in's fixtures.
    pub fn edit<T>(
        &self,
        chain: &mut impl Chain,
        change: impl FnOnce(&mut [u8]) -> Result<T, fixture::FixtureError>,
    ) -> Result<T, ChainError> {
        chain.edit(&self.key, "Kamino reserve", |data| change(data).map_err(fail))
    }

    /// What depositors get a year at the current utilisation, as a fraction.
    pub fn supply_rate(&self, chain: &impl Chain) -> Result<f64, ChainError> {
        rates::supply_apr(&chain.expect_account(&self.key, "Kamino reserve")?.data).map_err(fail)
    }

    /// Borrowed over supplied, 0 to 1.
    pub fn utilisation(&self, chain: &impl Chain) -> Result<f64, ChainError> {
        rates::utilisation(&chain.expect_account(&self.key, "Kamino reserve")?.data).map_err(fail)
    }
}

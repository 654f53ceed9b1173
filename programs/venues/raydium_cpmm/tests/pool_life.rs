//! A pool's bytes on the host: builders, state, fees, outside prices.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use raydium_cpmm::curve::{CreatorFeeSide, FeeRates, swap_base_input};
use raydium_cpmm::error::CpmmError;
use raydium_cpmm::fixture::{
    ConfigBuilder, FixtureError, PoolAddresses, PoolBuilder, config_address, market, observation_bytes,
    set_status,
};
use raydium_cpmm::layout::{CONFIG_LEN, OBSERVATION_LEN, POOL_LEN, seeds, status};
use raydium_cpmm::state::{Direction, FeeConfig, Pool};
use solana_program::pubkey::Pubkey;

const SOL: u64 = 1_000_000_000;
const USDC: u64 = 1_000_000;

fn builder() -> PoolBuilder {
    let mints = [1, 2].map(|byte| Pubkey::new_from_array([byte; 32]));
    PoolBuilder::new(config_address(0).0, mints, [9, 6], 1_000 * SOL).unwrap()
}

#[test]
fn the_authority_is_the_real_one() {
    let derived = Pubkey::find_program_address(&[seeds::AUTHORITY], &raydium_cpmm::ID);
    assert_eq!(derived, (raydium_cpmm::AUTHORITY, raydium_cpmm::AUTHORITY_BUMP));
    // Mainnet's configuration 0.
    assert_eq!(config_address(0).0.to_string(), "D4FPEruKEHrG5TenZ2mpDGEfu1iUvTiqBxvpU8HLBvC2");
}

#[test]
fn bytes_have_the_real_sizes_and_read_back() {
    let data =
        PoolBuilder { protocol_fees_atoms: [3, 4], open_ts: 9, status: 2, ..builder() }.to_bytes().unwrap();
    assert_eq!(data.len(), POOL_LEN);
    let pool = Pool::load(&data).unwrap();
    assert_eq!((pool.tokens[0].protocol_fees_atoms, pool.tokens[1].protocol_fees_atoms), (3, 4));
    assert_eq!((pool.open_ts, pool.lp_supply, pool.status), (9, 1_000 * SOL, 2));
    let mut again = data.clone();
    pool.store(&mut again).unwrap();
    assert_eq!(again, data);

    let config = ConfigBuilder::new().to_bytes().unwrap();
    assert_eq!(config.len(), CONFIG_LEN);
    assert_eq!(FeeConfig::load(&config).unwrap().rates, ConfigBuilder::new().rates);
    assert_eq!(observation_bytes(&pool.config).unwrap().len(), OBSERVATION_LEN);
    let mints = builder().mints;
    assert_eq!(
        PoolAddresses::derived(&pool.config, [mints[1], mints[0]]),
        Err(FixtureError::MintsOutOfOrder)
    );
}

#[test]
fn status_bits_switch_operations_off_one_by_one() {
    let mut data = builder().to_bytes().unwrap();
    for (bits, off) in [(1, status::DEPOSIT_OFF), (2, status::WITHDRAW_OFF), (4, status::SWAP_OFF)] {
        set_status(&mut data, bits).unwrap();
        let pool = Pool::load(&data).unwrap();
        assert_eq!(pool.require_on(off), Err(CpmmError::NotApproved));
        assert_eq!(pool.require_on(7 & !off), Ok(()));
        assert_eq!(pool.require_swapping(0).is_err(), off == status::SWAP_OFF);
    }
    let pool = Pool { open_ts: 5, status: 0, ..Pool::load(&data).unwrap() };
    assert_eq!(pool.require_swapping(4), Err(CpmmError::NotApproved));
    assert_eq!(pool.require_swapping(5), Ok(()));
}

#[test]
fn fees_owed_are_not_the_lps() {
    let fees = PoolBuilder {
        protocol_fees_atoms: [1, 2],
        fund_fees_atoms: [3, 4],
        creator_fees_atoms: [5, 6],
        ..builder()
    };
    let pool = Pool::load(&fees.to_bytes().unwrap()).unwrap();
    assert_eq!(pool.reserves([100, 100]), Ok([91, 88]));
    assert_eq!(pool.reserves([8, 100]), Err(CpmmError::InsufficientVault));
    let over =
        Pool::load(&PoolBuilder { protocol_fees_atoms: [u64::MAX, 0], ..fees }.to_bytes().unwrap()).unwrap();
    assert_eq!(over.reserves([100, 100]), Err(CpmmError::MathOverflow));
}

#[test]
fn vaults_name_the_direction_and_the_model_names_the_payer() {
    let pool = Pool::load(&builder().to_bytes().unwrap()).unwrap();
    let [zero, one] = pool.tokens;
    assert_eq!(pool.direction(&zero.vault, &one.vault), Ok(Direction::ZeroForOne));
    assert_eq!(pool.direction(&one.vault, &zero.vault), Ok(Direction::OneForZero));
    assert_eq!(pool.direction(&zero.vault, &zero.vault), Err(CpmmError::InvalidVault));
    let side = |creator_fee_on, direction| Pool { creator_fee_on, ..pool }.creator_fee_side(direction);
    assert_eq!(side(0, Direction::OneForZero), Ok(CreatorFeeSide::Input));
    assert_eq!(side(1, Direction::OneForZero), Ok(CreatorFeeSide::Output));
    assert_eq!(side(2, Direction::OneForZero), Ok(CreatorFeeSide::Input));
    assert_eq!(side(3, Direction::OneForZero), Err(CpmmError::InvalidFeeModel));
}

#[test]
fn a_swap_books_each_fee_where_it_belongs() {
    let rates = FeeRates { creator: 1_000, ..ConfigBuilder::new().rates };
    let mut pool =
        Pool::load(&PoolBuilder { creator_fee_enabled: true, ..builder() }.to_bytes().unwrap()).unwrap();
    assert_eq!(pool.charged(rates), rates);
    let swap = swap_base_input(SOL, 1_000 * SOL, 150_000 * USDC, rates, CreatorFeeSide::Output).unwrap();
    pool.book_fees(&swap, Direction::ZeroForOne, CreatorFeeSide::Output).unwrap();
    assert_eq!(pool.tokens[0].protocol_fees_atoms, 300_000);
    assert_eq!(pool.tokens[0].fund_fees_atoms, 100_000);
    assert_eq!(pool.tokens[0].creator_fees_atoms, 0);
    assert_eq!(pool.tokens[1].creator_fees_atoms, swap.creator_fee_atoms);
    assert_eq!(Pool { creator_fee_enabled: false, ..pool }.charged(rates).creator, 0);
}

#[test]
fn outside_prices_keep_the_product() {
    let data = PoolBuilder { protocol_fees_atoms: [7, 9], ..builder() }.to_bytes().unwrap();
    let before = [1_000 * SOL + 7, 150_000 * USDC + 9];
    // 600 USDC a SOL: four times the price, half the SOL, twice the USDC.
    let after = market::vaults_at_price(&data, before, 600 * USDC, SOL).unwrap();
    assert_eq!(after, [500 * SOL + 7, 300_000 * USDC + 9]);
    assert_eq!(market::vaults_at_price(&data, before, 0, SOL), Err(FixtureError::AmountOutOfRange));
    let grown = market::vaults_with_lp_fees(&data, before, 1_000).unwrap();
    assert_eq!(grown, [1_001 * SOL + 7, 150_150 * USDC + 9]);
}

proptest! {
    #[test]
    fn a_price_there_and_back_never_grows_the_pool(
        zero in 1_000_000u64..1 << 55, one in 1_000_000u64..1 << 55, price in 1u64..1 << 30,
    ) {
        let data = builder().to_bytes().unwrap();
        if let Ok(moved) = market::vaults_at_price(&data, [zero, one], price, 1 << 20) {
            let product = |[a, b]: [u64; 2]| u128::from(a) * u128::from(b);
            prop_assert!(product(moved) <= product([zero, one]));
        }
    }
}

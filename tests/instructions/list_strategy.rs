use ballast::BallastError;
use ballast::adapters::kind;
use ballast::events::StrategyListed;
use ballast::state::{StrategyParams, asset_class};
use ballast_client::{address, instruction};
use ballast_sandbox::{
    Chain, Deployment, DeploymentError, Done, Fixture, FixtureSpec, kamino, raydium, stake_pool,
    usual_strategy,
};
use ballast_tests::token_2022::{self, extension};
use ballast_tests::{assert_emitted, assert_other_refusal, assert_refused, programs};
use kamino_lend::fixture::{ReserveBuilder, edit, market_authority};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const ALREADY_IN_USE: u32 = 0;

/// A deployment with a reserve that is not listed yet.
fn deployment() -> (Deployment, Pubkey, kamino::Reserve) {
    let mut deployment = Deployment::new(programs(), 1_700_000_000).unwrap();
    let mint = deployment.mint(6).unwrap();
    let reserve = add_reserve(&mut deployment, mint);
    (deployment, mint, reserve)
}

fn add_reserve(deployment: &mut Deployment, mint: Pubkey) -> kamino::Reserve {
    let key = Pubkey::new_unique();
    let builder = ReserveBuilder::new(key, Pubkey::new_unique(), mint, 6);
    kamino::create(&mut deployment.world, key, &builder).unwrap()
}

fn list(
    deployment: &mut Deployment,
    venue: Pubkey,
    program: Pubkey,
    mint: Pubkey,
    params: StrategyParams,
) -> Result<Done, DeploymentError> {
    let (payer, governance) = (deployment.world.payer.pubkey(), deployment.governance.pubkey());
    let leg_mint = deployment.leg_mint(&venue, params.adapter, &mint);
    deployment
        .govern(&[instruction::list_strategy(payer, governance, venue, program, mint, leg_mint, params)])
}

fn list_reserve(deployment: &mut Deployment, venue: Pubkey, mint: Pubkey) -> Result<Done, DeploymentError> {
    list(deployment, venue, address::KAMINO_LEND, mint, usual_strategy(kind::KAMINO_LEND))
}

fn assert_not_listed(deployment: &Deployment, venue: &Pubkey, mint: &Pubkey) {
    let strategy = deployment.world.account(&address::strategy(venue, mint)).unwrap();
    assert!(strategy.is_none_or(|account| account.data.is_empty()));
}

/// A stake pool of 1,000 SOL that is not listed yet.
fn add_stake_pool(deployment: &mut Deployment) -> stake_pool::StakePool {
    let lamports = 1_000_000_000_000;
    let fees = stake_pool::Fees::default();
    stake_pool::create(&mut deployment.world, Pubkey::new_unique(), lamports, lamports, 0, fees).unwrap()
}

#[test]
fn spec_3_a_reserves_accounts_are_pinned_from_its_own_bytes() {
    let (mut deployment, mint, reserve) = deployment();
    let mut params = usual_strategy(kind::KAMINO_LEND);
    params.risk_factors = [11, 12, 13, 0, 0, 0, 0, 14];
    let done = list(&mut deployment, reserve.key, address::KAMINO_LEND, mint, params).unwrap();
    let key = address::strategy(&reserve.key, &mint);
    let strategy = deployment.strategy(&key).unwrap();
    let (authority, _) = market_authority(&reserve.market);
    assert_eq!(
        strategy.pinned[..5],
        [reserve.key, reserve.market, authority, reserve.liquidity_vault, reserve.ctoken_mint]
    );
    assert_eq!(strategy.pinned_count, 5);
    assert_eq!((strategy.venue_program, strategy.asset_mint), (address::KAMINO_LEND, mint));
    assert_eq!((strategy.receipt_mint, strategy.leg_mint), (reserve.ctoken_mint, Pubkey::default()));
    assert_eq!((strategy.asset_class, strategy.risk_factors), (asset_class::LENDING, params.risk_factors));
    let clock = deployment.world.clock();
    assert_eq!((strategy.listed_slot, strategy.listed_ts), (clock.slot, clock.unix_timestamp));
    let expected = StrategyListed {
        strategy: key,
        adapter: kind::KAMINO_LEND,
        venue: reserve.key,
        asset_mint: mint,
        slot: clock.slot,
    };
    assert_emitted(&done, &expected);
}

#[test]
fn spec_3_a_pool_is_pinned_for_either_of_its_assets() {
    let mut fixture =
        Fixture::build(programs(), 1_700_000_000, FixtureSpec { reserves: 0, pool: true, stake_pool: false })
            .unwrap();
    let pool = fixture.pool.unwrap();
    fixture.deployment.list(&pool.key, kind::RAYDIUM_CPMM, &address::WRAPPED_SOL).unwrap();
    for (side, mint) in pool.mints.iter().enumerate() {
        let strategy = fixture.deployment.strategy(&address::strategy(&pool.key, mint)).unwrap();
        let leg = pool.mints[1 - side];
        assert_eq!(strategy.pinned[..3], [pool.key, pool.vaults[side], pool.vaults[1 - side]]);
        assert_eq!(strategy.pinned[3..5], [address::price_guard(&leg), address::price_guard(mint)]);
        assert_eq!(strategy.pinned[5..9], [pool.config, raydium_cpmm::AUTHORITY, pool.lp_mint, leg]);
        assert_eq!((strategy.leg_mint, strategy.receipt_mint), (leg, pool.lp_mint));
        assert_eq!((strategy.leg_token_program, strategy.pinned_count), (address::TOKEN, 10));
        assert_eq!(strategy.asset_class, asset_class::LIQUIDITY);
        assert_eq!((strategy.max_slippage_bps, strategy.max_divergence_bps), (100, 200));
    }
}

#[test]
fn spec_3_a_stake_pools_accounts_are_pinned_from_its_own_bytes() {
    let (mut deployment, _, _) = deployment();
    let pool = add_stake_pool(&mut deployment);
    let params = usual_strategy(kind::SPL_STAKE_POOL);
    list(&mut deployment, pool.key, address::SPL_STAKE_POOL, address::WRAPPED_SOL, params).unwrap();
    let strategy = deployment.strategy(&address::strategy(&pool.key, &address::WRAPPED_SOL)).unwrap();
    assert_eq!(
        strategy.pinned[..6],
        [pool.key, pool.validator_list, pool.reserve, pool.mint, pool.authority, Pubkey::default()]
    );
    assert_eq!(strategy.pinned_count, 5, "the fee account is the manager's to change: it is not pinned");
    assert_eq!((strategy.receipt_mint, strategy.asset_class), (pool.mint, asset_class::STAKING));
}

#[test]
fn spec_1_only_governance_may() {
    let (mut deployment, mint, reserve) = deployment();
    let payer = deployment.world.payer.pubkey();
    for who in [deployment.guardian.insecure_clone(), Keypair::new()] {
        let params = usual_strategy(kind::KAMINO_LEND);
        let instruction = instruction::list_strategy(
            payer,
            who.pubkey(),
            reserve.key,
            address::KAMINO_LEND,
            mint,
            None,
            params,
        );
        assert_refused(deployment.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_not_listed(&deployment, &reserve.key, &mint);
}

#[test]
fn spec_2_the_adapter_must_be_known() {
    let (mut deployment, mint, reserve) = deployment();
    let params = usual_strategy(3);
    let result = list(&mut deployment, reserve.key, address::KAMINO_LEND, mint, params);
    assert_refused(result, BallastError::UnknownAdapter);
    assert_not_listed(&deployment, &reserve.key, &mint);
}

#[test]
fn spec_2_a_spoofed_venue_program_is_refused() {
    let (mut deployment, mint, reserve) = deployment();
    let params = usual_strategy(kind::KAMINO_LEND);
    // Another program, another venue's program, and no program at all.
    for program in [address::TOKEN, address::RAYDIUM_CPMM, reserve.market] {
        let result = list(&mut deployment, reserve.key, program, mint, params);
        assert_refused(result, BallastError::WrongVenueProgram);
    }
    assert_not_listed(&deployment, &reserve.key, &mint);
}

#[test]
fn spec_2_a_copy_of_a_reserve_under_another_owner_is_refused() {
    let (mut deployment, mint, reserve) = deployment();
    let mut copy = deployment.world.expect_account(&reserve.key, "reserve").unwrap();
    let key = Pubkey::new_unique();
    copy.owner = address::RAYDIUM_CPMM;
    deployment.world.set_account(&key, copy).unwrap();
    assert_refused(list_reserve(&mut deployment, key, mint), BallastError::VenueAccountOwner);
    assert_not_listed(&deployment, &key, &mint);

    let pool = add_stake_pool(&mut deployment);
    let mut copy = deployment.world.expect_account(&pool.key, "stake pool").unwrap();
    copy.owner = address::KAMINO_LEND;
    deployment.world.set_account(&pool.key, copy).unwrap();
    let params = usual_strategy(kind::SPL_STAKE_POOL);
    let result = list(&mut deployment, pool.key, address::SPL_STAKE_POOL, address::WRAPPED_SOL, params);
    assert_refused(result, BallastError::VenueAccountOwner);
}

#[test]
fn spec_2_another_type_of_account_is_refused() {
    let (mut deployment, mint, reserve) = deployment();
    assert_refused(list_reserve(&mut deployment, reserve.market, mint), BallastError::VenueAccountInvalid);
    // Right size, another discriminator.
    deployment
        .world
        .edit(&reserve.key, "reserve", |data| {
            data[0] ^= 1;
            Ok(())
        })
        .unwrap();
    assert_refused(list_reserve(&mut deployment, reserve.key, mint), BallastError::VenueAccountInvalid);
    // A stake pool's list of validators is the same program's.
    let pool = add_stake_pool(&mut deployment);
    let params = usual_strategy(kind::SPL_STAKE_POOL);
    let result =
        list(&mut deployment, pool.validator_list, address::SPL_STAKE_POOL, address::WRAPPED_SOL, params);
    assert_refused(result, BallastError::VenueAccountInvalid);
}

#[test]
fn spec_2_a_venue_of_another_asset_is_refused() {
    let (mut deployment, _, reserve) = deployment();
    let other = deployment.mint(6).unwrap();
    assert_refused(list_reserve(&mut deployment, reserve.key, other), BallastError::StrategyAssetMismatch);
    let pool = add_stake_pool(&mut deployment);
    let params = usual_strategy(kind::SPL_STAKE_POOL);
    let result = list(&mut deployment, pool.key, address::SPL_STAKE_POOL, other, params);
    assert_refused(result, BallastError::StrategyAssetMismatch);
    let mut fixture =
        Fixture::build(programs(), 1_700_000_000, FixtureSpec { reserves: 0, pool: true, stake_pool: false })
            .unwrap();
    let (pool, other) = (fixture.pool.unwrap(), fixture.deployment.mint(6).unwrap());
    let params = usual_strategy(kind::RAYDIUM_CPMM);
    let result = list(&mut fixture.deployment, pool.key, address::RAYDIUM_CPMM, other, params);
    assert_refused(result, BallastError::StrategyAssetMismatch);
}

#[test]
fn spec_2_a_pool_of_one_mint_twice_is_refused() {
    let mut fixture =
        Fixture::build(programs(), 1_700_000_000, FixtureSpec { reserves: 0, pool: true, stake_pool: false })
            .unwrap();
    let (pool, mint) = (fixture.pool.unwrap(), address::WRAPPED_SOL);
    const MINTS: [core::ops::Range<usize>; 2] = [168..200, 200..232];
    fixture
        .deployment
        .world
        .edit(&pool.key, "pool", |data| {
            for range in MINTS {
                data[range].copy_from_slice(mint.as_ref());
            }
            Ok(())
        })
        .unwrap();
    let params = usual_strategy(kind::RAYDIUM_CPMM);
    let result = list(&mut fixture.deployment, pool.key, address::RAYDIUM_CPMM, mint, params);
    assert_refused(result, BallastError::VenueAccountInvalid);
}

#[test]
fn spec_4_a_reserve_that_blocks_ctokens_is_not_listed() {
    let (mut deployment, mint, reserve) = deployment();
    reserve.edit(&mut deployment.world, |data| edit::set_block_ctoken_usage(data, true)).unwrap();
    assert_refused(list_reserve(&mut deployment, reserve.key, mint), BallastError::VenueDisabled);
    assert_not_listed(&deployment, &reserve.key, &mint);
}

#[test]
fn spec_4_a_restricted_stake_pool_is_not_listed() {
    let (mut deployment, _, _) = deployment();
    let params = usual_strategy(kind::SPL_STAKE_POOL);
    for restrict in [stake_pool::StakePool::restrict_deposits, stake_pool::StakePool::restrict_withdrawals] {
        let pool = add_stake_pool(&mut deployment);
        restrict(&pool, &mut deployment.world, &Pubkey::new_unique()).unwrap();
        let result = list(&mut deployment, pool.key, address::SPL_STAKE_POOL, address::WRAPPED_SOL, params);
        assert_refused(result, BallastError::VenueDisabled);
        assert_not_listed(&deployment, &pool.key, &address::WRAPPED_SOL);
    }
}

#[test]
fn spec_4_a_stake_pool_of_another_token_program_is_not_listed() {
    let (mut deployment, _, _) = deployment();
    let pool = add_stake_pool(&mut deployment);
    const TOKEN_PROGRAM: core::ops::Range<usize> = 226..258;
    deployment
        .world
        .edit(&pool.key, "stake pool", |data| {
            data[TOKEN_PROGRAM].copy_from_slice(address::TOKEN_2022.as_ref());
            Ok(())
        })
        .unwrap();
    let params = usual_strategy(kind::SPL_STAKE_POOL);
    let result = list(&mut deployment, pool.key, address::SPL_STAKE_POOL, address::WRAPPED_SOL, params);
    assert_refused(result, BallastError::WrongTokenProgram);
}

#[test]
fn slippage_and_divergence_are_bounded() {
    let (mut deployment, mint, reserve) = deployment();
    for (slippage, divergence) in [(1_001, 0), (0, 1_001)] {
        let params = StrategyParams {
            max_slippage_bps: slippage,
            max_divergence_bps: divergence,
            ..usual_strategy(kind::KAMINO_LEND)
        };
        let result = list(&mut deployment, reserve.key, address::KAMINO_LEND, mint, params);
        assert_refused(result, BallastError::InvalidLimits);
    }
    assert_not_listed(&deployment, &reserve.key, &mint);
}

#[test]
fn a_strategy_is_listed_once() {
    let (mut deployment, mint, reserve) = deployment();
    list_reserve(&mut deployment, reserve.key, mint).unwrap();
    assert_other_refusal(list_reserve(&mut deployment, reserve.key, mint), ALREADY_IN_USE);
}

/// The fixture's pool under a new name, not listed yet, after `change`.
fn unlisted_pool(change: impl FnOnce(&mut Deployment, &raydium::Pool)) -> (Deployment, raydium::Pool) {
    let spec = FixtureSpec { reserves: 0, pool: true, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let pool = fixture.pool.unwrap();
    change(&mut fixture.deployment, &pool);
    (fixture.deployment, pool)
}

fn list_pool(deployment: &mut Deployment, pool: &raydium::Pool) -> Result<Done, DeploymentError> {
    // The fixture lists it for dollars; for SOL it is new.
    let params = usual_strategy(kind::RAYDIUM_CPMM);
    list(deployment, pool.key, address::RAYDIUM_CPMM, address::WRAPPED_SOL, params)
}

#[test]
fn spec_4_a_pool_with_anything_switched_off_is_not_listed() {
    for status in 1..8 {
        let (mut deployment, pool) =
            unlisted_pool(|deployment, pool| pool.set_status(&mut deployment.world, status).unwrap());
        assert_refused(list_pool(&mut deployment, &pool), BallastError::VenueDisabled);
        assert_not_listed(&deployment, &pool.key, &address::WRAPPED_SOL);
    }
    let (mut deployment, pool) = unlisted_pool(|_, _| ());
    list_pool(&mut deployment, &pool).unwrap();
}

/// Makes the pool's dollar one of Token-2022 with `extensions`.
fn make_dollar_2022(deployment: &mut Deployment, pool: &raydium::Pool, extensions: &[(u16, Vec<u8>)]) {
    use raydium_cpmm::layout::pool as at;
    let (side, program) = if pool.mints[0] == address::WRAPPED_SOL {
        (1, at::TOKEN_PROGRAM_1)
    } else {
        (0, at::TOKEN_PROGRAM_0)
    };
    token_2022::set_mint(deployment, &pool.mints[side], extensions).unwrap();
    let write = |data: &mut [u8]| {
        data[program..program + 32].copy_from_slice(address::TOKEN_2022.as_ref());
        Ok(())
    };
    deployment.world.edit(&pool.key, "pool", write).unwrap();
}

#[test]
fn spec_5_a_leg_that_could_be_taken_blocked_or_taxed_is_not_listed() {
    let cases = [
        (extension::TRANSFER_FEE, 108, BallastError::MintHasTransferFee),
        (extension::TRANSFER_HOOK, 64, BallastError::MintHasTransferHook),
        (extension::PERMANENT_DELEGATE, 32, BallastError::MintHasPermanentDelegate),
        (extension::DEFAULT_ACCOUNT_STATE, 1, BallastError::MintDefaultFrozen),
        (extension::PAUSABLE, 33, BallastError::MintExtensionUnsupported),
        (extension::NON_TRANSFERABLE, 0, BallastError::MintExtensionUnsupported),
    ];
    for (number, len, rule) in cases {
        let (mut deployment, pool) =
            unlisted_pool(|deployment, pool| make_dollar_2022(deployment, pool, &[(number, vec![0; len])]));
        assert_refused(list_pool(&mut deployment, &pool), rule);
        assert_not_listed(&deployment, &pool.key, &address::WRAPPED_SOL);
    }
    let (mut deployment, pool) = unlisted_pool(|deployment, pool| make_dollar_2022(deployment, pool, &[]));
    list_pool(&mut deployment, &pool).unwrap();
}

#[test]
fn spec_5_the_leg_cannot_be_another_mint_or_left_out() {
    let (mut deployment, pool) = unlisted_pool(|_, _| ());
    let (payer, governance) = (deployment.world.payer.pubkey(), deployment.governance.pubkey());
    let other = deployment.mint(6).unwrap();
    let dollar = if pool.mints[0] == address::WRAPPED_SOL { pool.mints[1] } else { pool.mints[0] };
    for (leg, rule) in [
        (None, BallastError::VenueAccountsMissing),
        (Some(other), BallastError::WrongMint),
        (Some(address::WRAPPED_SOL), BallastError::WrongMint),
    ] {
        let params = usual_strategy(kind::RAYDIUM_CPMM);
        let mint = address::WRAPPED_SOL;
        let list =
            instruction::list_strategy(payer, governance, pool.key, address::RAYDIUM_CPMM, mint, leg, params);
        assert_refused(deployment.govern(&[list]), rule);
    }
    // The pool says Token, the mint's owner says otherwise.
    token_2022::set_mint(&mut deployment, &dollar, &[]).unwrap();
    assert_refused(list_pool(&mut deployment, &pool), BallastError::WrongTokenProgram);
}

//! Rent: what the program makes is exempt, and nothing it uses in passing is left behind or starved.

use ballast::Direction;
use ballast::state::Mandate;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, Fixture, FixtureSpec, VaultSpec, token};
use ballast_tests::programs;
use solana_account::Account;
use solana_signer::Signer;

use crate::bank::Bank;

const SOL: u64 = 1_000_000_000;
/// Rent of an account without data.
const EMPTY_RENT: u64 = 890_880;

/// A vault of SOL ordered to hold nine tenths in a stake pool, with 1,000 SOL in it.
fn sol_fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 0, pool: false, stake_pool: true };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (vault, mandate) = (fixture.sol_vault, fixture.deployment.open_mandate());
    let person = fixture.deployment.person(&address::WRAPPED_SOL, 1_000 * SOL, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * SOL).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture
}

#[test]
fn everything_the_program_makes_is_exempt_from_rent() {
    let fixture = sol_fixture();
    let mut bank = Bank::with(&fixture);
    // A vault, a profile and a position, made in the bank.
    let governance = fixture.deployment.governance.insecure_clone();
    let (mint, payer) = (address::WRAPPED_SOL, bank.context.payer.pubkey());
    let source = token::fund(&mut bank, &payer, &mint, SOL).unwrap();
    let params = fixture.deployment.vault_params(&VaultSpec { seed_atoms: SOL, ..VaultSpec::new(mint, 1) });
    let create = instruction::create_vault(payer, governance.pubkey(), mint, address::TOKEN, source, params);
    bank.send(&[create], &[&governance], None).unwrap();
    let vault = address::vault(&mint, 1);

    let person = bank.wallet();
    token::fund(&mut bank, &person.pubkey(), &mint, 5 * SOL).unwrap();
    let mandate = Mandate { horizon_ts: bank.now() + 86_400, ..fixture.deployment.open_mandate() };
    let state = bank.vault(&vault);
    let enter = [
        instruction::set_profile(person.pubkey(), mandate),
        instruction::deposit(person.pubkey(), vault, &state, 5 * SOL, 1),
    ];
    bank.send(&enter, &[&person], None).unwrap();
    assert_eq!(bank.vault(&vault).idle_atoms, 6 * SOL);

    let strategy = fixture.deployment.allocation(&fixture.sol_vault, 0).unwrap().strategy;
    let accounts = [
        address::config(),
        vault,
        fixture.sol_vault,
        strategy,
        address::profile(&person.pubkey()),
        address::position(&vault, &person.pubkey()),
        address::decision(&fixture.sol_vault, 1),
        address::price_guard(&mint),
        fixture.deployment.model,
        bank.vault(&vault).idle_account,
    ];
    for key in accounts {
        let account = bank.expect_account(&key, "account").unwrap();
        let rent = 6_960 * (128 + u64::try_from(account.data.len()).unwrap());
        assert!(account.lamports >= rent, "{key}: {} of {rent}", account.lamports);
    }
}

#[test]
fn staking_and_unstaking_leave_no_lamports_behind_and_gifts_do_no_harm() {
    for gift in [0, EMPTY_RENT, 3 * SOL] {
        let fixture = sol_fixture();
        let mut bank = Bank::with(&fixture);
        let vault = fixture.sol_vault;
        let (funder, unwrap) = (address::funder(&vault), address::unwrap(&vault));
        for key in [funder, unwrap].into_iter().filter(|_| gift > 0) {
            bank.set_account(&key, Account { lamports: gift, ..Account::default() }).unwrap();
        }
        let payer = bank.context.payer.pubkey();
        let venue = fixture.deployment.venue(&vault, 0).unwrap();
        bank.renew_decision(&vault);
        let before = bank.vault(&vault);
        let refresh = fixture.deployment.refresh(&vault, 0).unwrap();
        let stake = instruction::allocate(
            payer,
            vault,
            &before,
            instruction::Move {
                index: 0,
                direction: Direction::Increase,
                amount: 800 * SOL,
                as_guardian: false,
            },
            &venue,
        )
        .unwrap();
        bank.send(&[refresh.clone(), stake], &[], None).unwrap();
        let staked = bank.vault(&vault);
        assert_eq!(staked.idle_atoms, before.idle_atoms - 800 * SOL);
        assert_eq!(bank.lamports(&unwrap), 0);
        // What somebody sent to the unwrap account comes back with its closing; the funder keeps its own.
        assert!(bank.lamports(&funder) == 0 || bank.lamports(&funder) >= EMPTY_RENT);

        let governance = fixture.deployment.governance.insecure_clone();
        let pause = instruction::set_pause_level(governance.pubkey(), vault, 3);
        let receipts = staked.allocations[0].receipts;
        let unstake = instruction::allocate(
            payer,
            vault,
            &staked,
            instruction::Move {
                index: 0,
                direction: Direction::Decrease,
                amount: receipts,
                as_guardian: false,
            },
            &venue,
        )
        .unwrap();
        bank.send(&[pause, refresh, unstake], &[&governance], None).unwrap();
        let back = bank.vault(&vault);
        assert_eq!(back.allocations[0].receipts, 0);
        assert!(back.idle_atoms < before.idle_atoms && back.idle_atoms > before.idle_atoms - SOL);
        let idle = token::balance(&bank, &back.idle_account).unwrap();
        assert_eq!(idle, back.idle_atoms, "gifts are not in the books, nor in the idle account");
        assert_eq!(bank.lamports(&unwrap), 0);
    }
}

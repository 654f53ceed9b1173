//! Value sent into every account that takes it: the vault's books, prices and people stay as they were.

use ballast_client::address;
use ballast_sandbox::Chain;
use ballast_tests::{POOL, SOL, VaultTest};

use crate::books::{Books, check_books, donation_places};

#[test]
fn donations_to_any_account_of_a_working_vault_change_no_price() {
    let mut test = VaultTest::invested();
    let people = [test.another(0)];
    let before = Books::read(&mut test, &people);
    let receipts_before: Vec<u64> = before.vault.active().map(|slot| slot.receipts).collect();
    for place in donation_places(&test) {
        test.donate(&place, 1_000_000_000_000);
        let after = Books::read(&mut test, &people);
        assert_eq!(after.nav, before.nav, "{place}");
        assert_eq!(after.vault.total_shares, before.vault.total_shares);
        let receipts: Vec<u64> = after.vault.active().map(|slot| slot.receipts).collect();
        assert_eq!(receipts, receipts_before);
    }
}

#[test]
fn whoever_leaves_after_donations_gets_what_they_would_have_got() {
    let leave = |donate: bool| {
        let mut test = VaultTest::invested();
        if donate {
            for place in donation_places(&test) {
                test.donate(&place, 1_000_000_000_000);
            }
        }
        let third = test.slot(POOL).receipts / 3;
        let exit = ballast_client::instruction::Exit {
            index: POOL,
            receipts: third,
            shares: test.shares() / 10,
            min_assets_out: 1,
            accept_stale: false,
        };
        test.exit(exit);
        test.withdraw(test.shares() / 100);
        test.wallet()
    };
    assert_eq!(leave(true), leave(false));
}

#[test]
fn wrapped_sol_with_lamports_not_yet_counted_stays_a_donation() {
    let mut test = VaultTest::staked();
    let idle = test.state().idle_account;
    let mut account = test.deployment().world.expect_account(&idle, "idle").unwrap();
    account.lamports += 50 * SOL;
    test.deployment().world.set_account(&idle, account).unwrap();
    let people = [test.another(0)];
    let before = Books::read(&mut test, &people);
    // Anyone may have the token program count them.
    test.send(&[ballast_client::token::sync_native(&idle)]);
    let after = Books::read(&mut test, &people);
    assert_eq!(after.nav, before.nav);
    assert_eq!(test.idle_balance(), after.vault.idle_atoms + 50 * SOL);
    let funder = address::funder(&test.vault);
    test.deployment().world.give_lamports(&funder, 50 * SOL).unwrap();
    test.pass(3_600);
    test.decide([5_000, 0, 0, 0, 0, 0, 0, 0]);
    let receipts = test.slot(0).receipts / 4;
    test.decrease(0, receipts);
    let now = Books::read(&mut test, &people);
    assert!(
        now.nav.gross_low <= before.nav.gross_low + 1,
        "{now:?} {before:?}",
        now = now.nav,
        before = before.nav
    );
    let position = test.fixture.deployment.position(&test.vault, &test.ann.address()).unwrap();
    assert!(now.vault.total_shares >= position.shares);
    assert_eq!(test.idle_balance(), now.vault.idle_atoms + 50 * SOL);
}

#[test]
fn the_checks_see_a_counter_that_is_not_its_balance() {
    let mut test = VaultTest::usdc(0);
    let people = [test.another(0)];
    let books = Books::read(&mut test, &people);
    check_books(&test, &books, &[]);
    test.donate(&books.vault.idle_account, 1);
    let unnoticed =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check_books(&test, &books, &[])));
    assert!(unnoticed.is_err());
    check_books(&test, &books, &[(books.vault.idle_account, 1)]);
}
